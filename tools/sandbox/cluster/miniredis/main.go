// Command miniredis is the cache of the sandbox's Argo CD: the library that Argo CD itself uses where it runs without a Redis.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: miniredis ADDRESS")
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	// Time stands still in it unless it is told: without this no key expires, and Argo CD never sees a new commit by polling.
	clock := time.NewTicker(time.Second)
	for {
		select {
		case <-clock.C:
			server.FastForward(time.Second)
		case <-ended:
			return
		}
	}
}
