package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// lifetime of a sandbox's certificates; a sandbox is thrown away long before.
const lifetime = 365 * 24 * time.Hour

type authority struct {
	folder      string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// certificates writes ca, apiserver, admin and front-proxy as NAME.crt and NAME.key, and sa.key for service accounts.
func certificates(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	ca := &authority{folder: folder}
	root := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "sandbox"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if err := ca.issue("ca", root); err != nil {
		return err
	}
	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if err := ca.issue("apiserver", server); err != nil {
		return err
	}
	for name, subject := range map[string]pkix.Name{
		"admin":       {CommonName: "admin", Organization: []string{"system:masters"}},
		"front-proxy": {CommonName: "front-proxy"},
	} {
		client := &x509.Certificate{Subject: subject, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
		if err := ca.issue(name, client); err != nil {
			return err
		}
	}
	_, err := newKey(filepath.Join(folder, "sa.key"))
	return err
}

// issue signs a certificate with the authority; the first one signs itself and becomes the authority.
func (ca *authority) issue(name string, template *x509.Certificate) error {
	key, err := newKey(filepath.Join(ca.folder, name+".key"))
	if err != nil {
		return err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return err
	}
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(lifetime)
	if template.KeyUsage == 0 {
		template.KeyUsage = x509.KeyUsageDigitalSignature
	}
	if ca.certificate == nil {
		ca.certificate, ca.key = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &key.PublicKey, ca.key)
	if err != nil {
		return err
	}
	if template == ca.certificate {
		if ca.certificate, err = x509.ParseCertificate(der); err != nil {
			return err
		}
	}
	return write(filepath.Join(ca.folder, name+".crt"), "CERTIFICATE", der)
}

func newKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, write(path, "EC PRIVATE KEY", der)
}

func write(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
