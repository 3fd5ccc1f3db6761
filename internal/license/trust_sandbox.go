//go:build sandboxlicense

package license

// trustsSandbox makes this a test build: it accepts the sandbox's key and calls AWS_ENDPOINT_URL.
const trustsSandbox = true
