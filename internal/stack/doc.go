// Package stack deploys one CloudFormation stack at a time and deletes it, safely and in plain sight.
//
// An [Engine] turns a [Spec] into a [Plan] (a change set, described to the last property), a Plan into an [Outcome], and
// tells what happens in between as a stream of [Event] values. What it promises:
//
//   - Whatever status a stack is in when a run starts, there is one explicit answer (status.go). A stack that somebody
//     else is changing is waited for, never changed at the same time. One that can't be changed before its user has decided
//     something is left alone: [StateError] says what holds it, and [Engine.TakeWayOut] leads it out.
//   - A plan that isn't applied leaves nothing behind: [Engine.Discard]. A preview touches nothing at all: [Engine.Preview].
//   - The result is read from the events of this very operation, told apart by its client request token and the stack's
//     ID. The stack's status alone would do for neither: it can be the previous operation's.
//   - A failure is reported by the reason of the first resource that failed, or by what CloudFormation's validation or a hook
//     said before anything was changed: [ValidationProblem].
//   - An interrupted run stops watching; it cancels and deletes nothing that CloudFormation has begun. The same call can
//     be made again at any time and ends in the same state, wherever the run was killed, and whatever call failed in whatever
//     way (kill_test.go, faults_test.go). Nothing is done twice.
//   - Looking for the end costs no more than one call a second on average and finds it within about half a second
//     (pace.go).
//
// The package knows nothing of what its stacks hold.
package stack
