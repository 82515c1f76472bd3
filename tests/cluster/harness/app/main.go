// A service whose health is a matter of configuration: the pods that tests release, break and roll back.
//
// It listens on :8080 and is set up by environment variables:
//
//	VERSION             answered as the body of / and in the header X-Version
//	ERROR_RATE          share of requests to / that are answered with 500 (0 to 1)
//	LATENCY_MS          mean of an exponentially distributed delay of /
//	READY_AFTER_S       /ready answers 503 before this
//	BAD_HEALTH_AFTER_S  /healthz answers 500 from this on
//	SICK_AFTER          /healthz answers 500 once / has been answered this often
//	CRASH_AFTER_S       exits with 1 after this
//	LOG_LINE            lines for the log, as they are, once it has started
//	DRAIN_S             after SIGTERM, serves this long before it closes its listener (default 5: on a busy machine
//	                    kube-proxy may be seconds behind)
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	started = time.Now()
	served  atomic.Int64
)

func number(name string, otherwise float64) float64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		log.Fatalf("%s=%q is not a number", name, text)
	}
	return value
}

func seconds(name string, otherwise float64) time.Duration {
	return time.Duration(number(name, otherwise) * float64(time.Second))
}

func ready(after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if time.Since(started) < after {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	}
}

// health turns bad after a while, or after some requests of users; a negative number means never.
func health(badAfter time.Duration, sickAfter float64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		tired := sickAfter >= 0 && float64(served.Load()) >= sickAfter
		if tired || (badAfter >= 0 && time.Since(started) >= badAfter) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

func page(version string, errorRate, latencyMs float64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Duration(latencyMs * rand.ExpFloat64() * float64(time.Millisecond)))
		w.Header().Set("X-Version", version)
		served.Add(1)
		if rand.Float64() < errorRate {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, version)
	}
}

func crashAfter(delay time.Duration) {
	if delay >= 0 {
		time.AfterFunc(delay, func() { log.Fatal("crashing as configured") })
	}
}

// drain waits for SIGTERM and goes on serving for a while, because endpoints are removed later than pods are told to end.
func drain(server *http.Server, patience time.Duration, drained chan<- struct{}) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	time.Sleep(patience)
	_ = server.Shutdown(context.Background())
	close(drained)
}

func main() {
	if lines := os.Getenv("LOG_LINE"); lines != "" {
		fmt.Println(lines)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/ready", ready(seconds("READY_AFTER_S", 0)))
	routes.HandleFunc("/healthz", health(seconds("BAD_HEALTH_AFTER_S", -1), number("SICK_AFTER", -1)))
	routes.HandleFunc("/", page(os.Getenv("VERSION"), number("ERROR_RATE", 0), number("LATENCY_MS", 0)))
	server := &http.Server{Addr: ":8080", Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	drained := make(chan struct{})
	go drain(server, seconds("DRAIN_S", 5), drained)
	crashAfter(seconds("CRASH_AFTER_S", -1))
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-drained
}
