package marketplace

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
)

//go:embed key.pem
var keyPEM []byte

var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, errors.New("read the sandbox's key: it is not in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the sandbox's key: %w", err)
	}
	return key.(*rsa.PrivateKey), nil
})

// PublicKey is the public half of the sandbox's key in PEM, as the AWS Marketplace Management Portal gives a product's.
func PublicKey() ([]byte, error) {
	key, err := signingKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("write the sandbox's key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// claims are what the token of RegisterUsage says, in the names of the seller's guide.
type claims struct {
	ProductCode      string
	PublicKeyVersion int32
	Nonce            string `json:",omitempty"`
	IssuedAt         int64  `json:"iat"` // seconds since 1970
}

const tokenHeader = `{"alg":"PS256","typ":"JWT"}`

// sign makes a JSON Web Token, RFC 7515: RSASSA-PSS with SHA-256 and a salt as long as the sum (RFC 7518, 3.5).
func sign(c claims) (string, error) {
	key, err := signingKey()
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(tokenHeader)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
