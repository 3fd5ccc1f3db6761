// Package report writes what a person reads who has to answer for a set of security groups: the review before a change is
// approved, the account of a deployment, the comparison with what is really there, and the list of all of these. It promises
// single HTML files that ask nothing of any network, show every text as text, work without JavaScript, in light and dark
// and on paper, and are the same bytes for the same values.
//
// It is given plain values and knows nothing of AWS. Pages are made of elements, attributes and texts by a small writer of
// this package, in which a text can't become markup: there is no other way to write one. html/template, which would be the
// choice otherwise, calls methods that it finds by name at run time, and so keeps every method of the AWS SDK in the binary:
// measured, 65.7 MB in the place of 20.7 MB, and 7 MiB more memory and half as much time again at every start of the program,
// also where no report is written.
//
// The picture of the flows is laid out here, in layers, with the standard library alone: a graph library would cost every
// start of the program 16 ms and more.
package report
