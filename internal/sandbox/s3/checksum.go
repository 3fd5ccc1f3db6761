package s3

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what clients send
	"crypto/sha1" //nolint:gosec // what clients send
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"maps"
	"slices"
	"strings"
)

// checksum is one that an object has beside its ETag.
type checksum struct {
	Algorithm string // "CRC32"
	Value     string // in base64
}

func (c checksum) header() string { return checksumHeader + strings.ToLower(c.Algorithm) }

const checksumHeader = "x-amz-checksum-"

// nvme is the polynomial of CRC64NVME, reversed.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// algorithms are all that S3 has (documented).
var algorithms = map[string]func() hash.Hash{
	"CRC32":     func() hash.Hash { return crc32.NewIEEE() },
	"CRC32C":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"CRC64NVME": func() hash.Hash { return crc64.New(nvme) },
	"SHA1":      sha1.New,
	"SHA256":    sha256.New,
}

func sum(algorithm string, content []byte) string {
	h := algorithms[algorithm]()
	h.Write(content)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// checkSums compares the checksums of a request with its content, and returns the
// one that the object has: CRC64NVME where none is given (documented).
func (m *message) checkSums(content []byte) (checksum, error) {
	if given := m.header("Content-Md5"); given != "" {
		want, err := base64.StdEncoding.DecodeString(given)
		if err != nil || len(want) != md5.Size {
			return checksum{}, failure(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
		}
		if got := md5.Sum(content); !bytes.Equal(got[:], want) { //nolint:gosec // what clients send
			return checksum{}, badDigest()
		}
	}
	named := strings.ToUpper(m.header("X-Amz-Sdk-Checksum-Algorithm"))
	found := checksum{}
	for _, algorithm := range slices.Sorted(maps.Keys(algorithms)) {
		value := m.header(checksumHeader + algorithm)
		if value == "" {
			value = m.trailers[checksumHeader+strings.ToLower(algorithm)]
		}
		switch {
		case value == "":
			continue
		case found.Algorithm != "":
			return found, invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		case named != "" && named != algorithm:
			return found, invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
		case !wellFormed(algorithm, value):
			return found, invalidRequest("Value for " + checksumHeader + strings.ToLower(algorithm) + " header is invalid.")
		case sum(algorithm, content) != value:
			return found, badDigest()
		}
		found = checksum{algorithm, value}
	}
	switch {
	case named != "" && found.Algorithm == "":
		return found, invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case found.Algorithm == "":
		return checksum{"CRC64NVME", sum("CRC64NVME", content)}, nil
	}
	return found, nil
}

func wellFormed(algorithm, value string) bool {
	raw, err := base64.StdEncoding.DecodeString(value)
	return err == nil && len(raw) == algorithms[algorithm]().Size()
}
