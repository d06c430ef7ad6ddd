// Command quantity says what the API server's own parser makes of each line: value and canonical form, or an error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/api/resource"
)

func main() {
	lines := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for decoder := json.NewDecoder(lines); decoder.More(); {
		var text string
		if err := decoder.Decode(&text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		quantity, err := resource.ParseQuantity(text)
		if err != nil {
			fmt.Fprintln(out, "error")
			continue
		}
		number, suffix := quantity.CanonicalizeBytes(make([]byte, 0, 64))
		fmt.Fprintf(out, "%s %s%s\n", quantity.AsDec(), number, suffix)
	}
}
