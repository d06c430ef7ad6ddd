// Command standins plays what the sandbox can't have: the CSI drivers and their resizer, the ingress controller, the
// operator of CloudNativePG.  The API server, the scheduler and the controllers around them are real and see no difference.
//
//	standins certificates FOLDER             write the keys and certificates of a control plane
//	standins run KUBECONFIG ADDRESS          play; ADDRESS answers /healthz once the caches are filled
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "certificates":
		err = certificates(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "run":
		err = play(ctx, os.Args[2], os.Args[3])
	default:
		log.Fatal("usage: standins certificates FOLDER | standins run KUBECONFIG ADDRESS")
	}
	if err != nil {
		log.Fatal(err)
	}
}
