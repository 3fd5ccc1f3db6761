// Package cfn is the sandbox's CloudFormation: change sets, stacks and the state
// machine that makes a template's resources real through EC2 and SSM.
//
// Its promise: what a client sees of a stack is what AWS would show it. An
// operation is asynchronous; resources are made in the order of their
// dependencies, each step with its event; a failure takes everything back that
// the operation has done; and a process that dies leaves each operation to go
// on where it was.
//
// # How an operation goes on
//
// An action stores the operation in its stack's record. Once that is committed
// the first step is taken, and a worker takes the others when they are due. Each
// step is one transaction of the store: what the handlers do in EC2 and SSM, the
// events and the stack's new state are durable together or not at all. Without
// latency the first step does everything, so that a whole stack is one
// transaction, and finished before the action is answered. A handler that fails
// has its step repeated without it: nothing is left half done.
//
// # What is known of AWS
//
// Documented: actions, their errors, states, limits, dependency order, default
// tags, change sets' fields, createOnly properties, three attempts at deleting
// what an update has left, the default egress rule; conditions, mappings, imports
// of exports and what they forbid; what an import of resources may not change;
// which resources a rollback may skip; that drift detection compares what a
// template gives and nothing else; which validations stand before a deployment, of
// which types, and that one refuses it.
//
// Reported, or recorded from AWS by other projects: the wording of errors and
// reasons; which details a change set shows with and without property values;
// that a standalone egress rule strips the group's allow-all rule; that an update
// which replaces or renames a rule by an equal one loses it; that inline
// duplicates are tolerated; that a deletion which would take an export in use is
// canceled, with the stack as it was; the events of an import; how differences of
// lists are shown; the reasons of failed validations, hooks and drift detections.
//
// Assumed: that properties which the sandbox doesn't know are refused by
// CreateChangeSet, CreateStack and UpdateStack at once (AWS knows more of them,
// and reports the others later); that a stack whose creation has failed its
// validation goes the way of any failure; that a deployment forgets the drift
// found before; that a handler which fails leaves nothing; that a resource is
// there from the beginning of its latency and gone at the end of it; page sizes;
// that an automatic rollback belongs to the operation that has failed; that a
// cancelled update rolls back whatever it was told to do on failure;
// and whatever a comment says is.
//
// # What is not there
//
// Nested stacks, stack sets, refactoring, macros and transforms, stack policies,
// SNS, S3, roles, drift-aware change sets; hooks but those of Options, and the
// warnings of validations. What a request asks for of it is refused, never skipped.
package cfn
