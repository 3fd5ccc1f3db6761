package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The image's files are two trees: root's, and those of the user of the image.
const (
	systemTree = "system"
	userTree   = "user"

	binaryPath   = "usr/local/bin/" + program
	docFolder    = "usr/share/doc/" + program
	certificates = "/etc/ssl/certs/ca-certificates.crt" // where Go looks first
)

// authorities are where machines that build have the certificates: Debian and Alpine, Fedora, macOS.
var authorities = []string{certificates, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// workFolders lie below /app, ready to be mounted on.
var workFolders = []string{"configs", "scenarios", "templates", "policies", "reports"}

var accounts = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\nsguser:x:1000:1000:SG Provisioner:/home/sguser:/sbin/nologin\n",
	"etc/group":  "root:x:0:\nsguser:x:1000:\n",
}

// image makes the trees in a folder.
func (b builder) image(ctx context.Context, folder string) error {
	if err := replace(folder); err != nil {
		return err
	}
	binary := filepath.Join(folder, systemTree, binaryPath)
	if err := b.compile(ctx, platform{"linux", here.arch}, binary); err != nil {
		return err
	}
	modules, err := b.modules(ctx, platform{"linux", here.arch})
	if err != nil {
		return err
	}
	files, err := b.files(modules)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := write(filepath.Join(folder, systemTree, name), text); err != nil {
			return err
		}
	}
	if err := readable(filepath.Join(folder, systemTree), binaryPath); err != nil {
		return err
	}
	return userFolders(filepath.Join(folder, userTree))
}

// files are all of the system's tree but the binary.
func (b builder) files(modules []module) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, text := range accounts {
		files[name] = []byte(text)
	}
	var err error
	if files[certificates], err = firstOf(authorities); err != nil {
		return nil, fmt.Errorf("read the certificate authorities: %w", err)
	}
	for _, m := range modules {
		for name, text := range m.texts {
			files[filepath.Join(docFolder, "licenses", m.Path, name)] = text
		}
	}
	if files[filepath.Join(docFolder, "sbom.cdx.json")], err = bill(b.version, modules); err != nil {
		return nil, err
	}
	return files, documentation(files)
}

// firstOf reads the first of the files that is there.
func firstOf(paths []string) ([]byte, error) {
	var missing []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
		missing = append(missing, err)
	}
	return nil, errors.Join(missing...)
}

// documentation adds what the repository has to read.
func documentation(files map[string][]byte) error {
	repository := os.DirFS(".")
	for _, root := range []string{"README.md", "CHANGELOG.md", "LICENSE.txt", "docs"} {
		err := fs.WalkDir(repository, root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) == ".go" {
				return err
			}
			text, err := fs.ReadFile(repository, path)
			files[filepath.Join(docFolder, path)] = text
			return err
		})
		if err != nil {
			return fmt.Errorf("read documentation: %w", err)
		}
	}
	return nil
}

// userFolders makes the home and the folders to work in. Whoever the container runs as may write there, as docker run --user
// may name anybody.
func userFolders(tree string) error {
	home := filepath.Join(tree, "home", "sguser")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	app := filepath.Join(tree, "app")
	for _, name := range workFolders {
		if err := os.MkdirAll(filepath.Join(app, name), 0o755); err != nil {
			return err
		}
	}
	if err := readable(tree); err != nil {
		return err
	}
	for _, name := range append([]string{""}, workFolders...) {
		if err := os.Chmod(filepath.Join(app, name), 0o777); err != nil {
			return err
		}
	}
	return nil
}

// readable gives a tree, and the programs in it, the modes that they have in the image: those of this machine's umask could shut
// out the user of the container.
func readable(tree string, programs ...string) (err error) {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return fs.WalkDir(root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if e.IsDir() || slices.Contains(programs, path) {
			mode = 0o755
		}
		return root.Chmod(path, mode)
	})
}

// replace makes an empty folder where there may be an old one, which must be one of ours.
func replace(folder string) error {
	marker := filepath.Join(folder, ".release")
	if _, err := os.Stat(folder); err == nil {
		if _, err := os.Stat(marker); err != nil {
			return fmt.Errorf("%s was not made by this program, and is not replaced", folder)
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return write(marker, nil)
}

func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// fileName is a binary's name: sg-provisioner_1.2.0_linux_amd64.
func (b builder) fileName(p platform) string {
	name := strings.Join([]string{program, b.version, p.os, p.arch}, "_")
	if p.os == "windows" {
		name += ".exe"
	}
	return name
}
