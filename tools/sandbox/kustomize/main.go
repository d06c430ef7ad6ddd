// Command kustomize-batch renders many folders in one process, as `kustomize build` renders each, in a box.
//
// Most of a small build is the start of the program and the parsing of its schemas, which the folders share here.
// Answers, in the order of the arguments: `ok LENGTH` or `error LENGTH` on a line, then that many bytes.
//
// The folders lie below the working directory, and may be a stranger's. Before the first build the program gives up
// all that a build of plain files does not need: other files, writing, the network, other programs.
// `kustomize-batch box` tells what the kernel took away; `kustomize-batch unboxed FOLDER…` keeps it all, for tests that
// must see what kustomize by itself would touch.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provenance"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

func build(folder string) ([]byte, error) {
	// a folder may have a schema of its own, which kustomize would keep for the next one
	if openapi.GetSchemaVersion() != schema {
		openapi.ResetOpenAPI()
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // what `kustomize build` leaves it at
	made, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	return made.AsYaml()
}

// schema is the version of the schemas before any build.
var schema = openapi.GetSchemaVersion()

// nowhere is the network of a build: it has none, on systems too whose kernel does not see to that.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("a build reads files alone, nothing from the network")
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println(provenance.GetProvenance().Semver())
		return
	}
	folders := os.Args[1:]
	if len(folders) > 0 && folders[0] == "unboxed" {
		folders = folders[1:]
	} else {
		http.DefaultTransport = nowhere{}
		os.Setenv("PATH", "/nonexistent")
		taken := confine()
		if len(folders) == 1 && folders[0] == "box" {
			fmt.Println(strings.Join(taken, "\n"))
			return
		}
	}
	out := bufio.NewWriter(os.Stdout)
	for _, folder := range folders {
		state := "ok"
		text, err := build(folder)
		if err != nil {
			state, text = "error", []byte(err.Error())
		}
		fmt.Fprintf(out, "%s %d\n", state, len(text))
		out.Write(text)
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
