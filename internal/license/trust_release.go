//go:build !sandboxlicense

package license

// trustsSandbox is a constant: in a release the code that it guards is not even compiled.
const trustsSandbox = false
