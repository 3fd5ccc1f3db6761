// Package cli is the command line: it reads arguments, drives the other packages, and turns what they return into text,
// JSON and exit codes. Everything it needs from the outside comes in an [Env]; stdout gets the result and nothing else,
// stderr the narration.
//
// # How an action runs
//
// [Main] finds the command, and the command makes a session: one action at work. The session loads the config and what it leads
// to (session.go), does what the action is for, and prints the action's document in the wanted format (format.go). An error on the
// way becomes an exit code, a code for programs and a hint in one place (exit.go).
//
// # Where things are
//
// An action has one file with its name, create-policy create_policy.go: the document that it prints (a struct embedding header,
// which is its JSON), the document's text and Markdown, the command with its flags, and the function that does the work. What
// actions share is in files that begin alike:
//
//   - app, args, env, session, license, exit: the program itself, from its arguments to its exit code.
//   - narrate, confirm, logfile, files, folders: what it says, asks, records and writes on its way.
//   - format, output, markdown, sarif, wrap, words, rule, flows: the forms of a result, and what rules and flows are in them.
//   - cloud, sandbox, bucket, ask: the AWS that an action talks to, real or embedded.
//   - deployment, plan, review, change, standing, impact, moves, recover, verify: a plan, from CloudFormation's changes to what
//     they mean, and what became of it.
//   - guard: what stands in the way of a plan, one reason a file; the review asks each.
//   - blockers, orphans, gone: what keeps groups from being deleted, what was left behind, what was deleted by somebody else.
//   - drift: what differs from the deployed template (scene, drift), who did it (trail), and how it is put right (plan, fix).
//   - remade: rules that were taken away and put back, which CloudFormation has lost.
//   - report: the HTML reports.
package cli
