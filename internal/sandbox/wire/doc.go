// Package wire speaks the protocols of AWS: it turns HTTP requests into typed
// calls and typed results into HTTP responses.
//
// Its promise: nothing of a request is ignored in silence. A parameter that the
// operation's input has no field for, a value of a wrong type, a required
// parameter that is missing, an action that isn't there: each is answered with
// the error that the service in question models for it.
//
// A service is a table of operations over plain Go functions:
//
//	func Service() wire.Service {
//		return wire.Service{
//			Name: "ec2", Version: "2016-11-15", Protocol: wire.EC2,
//			Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
//			Operations: []wire.Operation{
//				wire.Read("DescribeVpcs", DescribeVpcs),
//				wire.Write("CreateVpc", CreateVpc),
//			},
//		}
//	}
//
//	func CreateVpc(call *wire.Call, in *CreateVpcInput) (*CreateVpcOutput, error)
//
// A service of the REST protocol reads its requests and writes its answers itself
// (see Resources), under the same promise.
//
// # Inputs and outputs
//
// They are structs whose exported fields are the members of the API, bound by
// reflection. Field types: string, bool, int32, int64, float64, time.Time,
// structs, pointers to all of these, slices, and map[string]T.
//
// The field's name is the wire name. A tag changes that, makes a parameter
// required, or a string written even when it is empty:
//
//	GroupID  string   `aws:"GroupId,required"`
//	Filters  []Filter `aws:"Filter"`            // EC2: Filter.1.Name=...
//	Value    string   `aws:",always"`
//	Internal string   `aws:"-"`                 // never on the wire
//
// Names are written as in requests, beginning with a capital; the EC2 protocol
// writes them in responses with a small first letter, and items of lists as
// <item>. Query services use .member.N and <member>.
//
// Absent means nil, for a pointer, slice or map, and "" for a string; in an
// output those are left out. A slice that is empty but not nil is written as an
// empty list. Booleans and numbers that are no pointers are always written.
// An embedded struct's fields count as the outer one's.
package wire
