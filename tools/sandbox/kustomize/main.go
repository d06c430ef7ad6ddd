// Command kustomize-batch renders many folders in one process, as `kustomize build` renders each.
//
// Most of a small build is the start of the program and the parsing of its schemas, which the folders share here.
// Answers, in the order of the arguments: `ok LENGTH` or `error LENGTH` on a line, then that many bytes.
package main

import (
	"bufio"
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provenance"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func build(folder string) ([]byte, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // what `kustomize build` leaves it at
	made, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	return made.AsYaml()
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println(provenance.GetProvenance().Semver())
		return
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, folder := range os.Args[1:] {
		state := "ok"
		text, err := build(folder)
		if err != nil {
			state, text = "error", []byte(err.Error())
		}
		fmt.Fprintf(out, "%s %d\n", state, len(text))
		out.Write(text)
	}
}
