// Constant load on one address, and what came of it as JSON: the users of a service that is being released.
//
//	users --url http://10.96.0.20/ --rate 100 --seconds 60 --connections 8 --mode fresh --out counts.json
//
// Requests fall due at fixed times whether or not earlier ones were answered (an open loop), so a stall shows up as
// failures and unsent requests. Bounded in rate, connections and time. SIGTERM ends it early; the
// counts are in the file either way, and refreshed there while it runs. Their names and units are those of counts.py.
//
// It is not written in Python like the rest because several of them run beside each cluster: there it took a seventh of
// all processor time.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	timeout     = 5 * time.Second
	giveUpAfter = time.Second
	refreshed   = 250 * time.Millisecond
)

var errClosed = errors.New("the server closed the connection without an answer")

// client is one connection's worth of requests, as a careful HTTP client sends them.
type client struct {
	tally     *tally
	host      string
	request   string
	keepalive bool
	conn      net.Conn
	reader    *bufio.Reader
}

func newClient(address *url.URL, keepalive bool, tally *tally) *client {
	host := address.Host
	if address.Port() == "" {
		host = net.JoinHostPort(address.Hostname(), "80")
	}
	end := "\r\n"
	if !keepalive {
		end = "Connection: close\r\n\r\n"
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n%s", address.RequestURI(), address.Host, end)
	return &client{tally: tally, host: host, request: request, keepalive: keepalive}
}

// send sends one request and counts what comes of it.
func (c *client) send() {
	c.tally.sent.Add(1)
	status, version, err := c.exchangeOrRetry()
	if err != nil {
		c.drop()
		c.tally.unanswered(kindOf(err), err.Error())
		return
	}
	c.tally.answered(status, version)
}

// exchangeOrRetry: a server may close an idle connection at any time, so clients repeat a GET that meets this.
func (c *client) exchangeOrRetry() (int, string, error) {
	usedBefore := c.conn != nil
	status, version, err := c.exchange()
	if err == nil || !usedBefore || !(errors.Is(err, errClosed) || isReset(err)) {
		return status, version, err
	}
	c.drop()
	c.tally.retries.Add(1)
	return c.exchange()
}

func (c *client) exchange() (int, string, error) {
	if err := c.connect(); err != nil {
		return 0, "", err
	}
	if _, err := io.WriteString(c.conn, c.request); err != nil {
		return 0, "", err
	}
	if _, err := c.reader.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			err = errClosed
		}
		return 0, "", err
	}
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, "", err
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0, "", err
	}
	if answer.Close || !c.keepalive {
		c.drop()
	}
	return answer.StatusCode, answer.Header.Get("X-Version"), nil
}

func (c *client) connect() error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.host, timeout)
		if err != nil {
			return err
		}
		c.conn, c.reader = conn, bufio.NewReader(conn)
	}
	return c.conn.SetDeadline(time.Now().Add(timeout))
}

func (c *client) drop() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// kindOf is one word for why a request got no answer.
func kindOf(err error) string {
	var network net.Error
	var call *os.SyscallError
	switch {
	case errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case isReset(err):
		return "reset"
	case errors.Is(err, errClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.As(err, &call):
		return "unreachable"
	default:
		return "malformed"
	}
}

// run sends requests over so many connections until the time is over or stop is closed.
func run(clients []*client, rate float64, lasting time.Duration, tally *tally, stop <-chan struct{}) {
	var ordinal atomic.Int64
	var working sync.WaitGroup
	began := time.Now()
	for _, one := range clients {
		working.Add(1)
		go func() {
			defer working.Done()
			for {
				after := time.Duration(float64(ordinal.Add(1)-1) / rate * float64(time.Second))
				due := began.Add(after)
				if after > lasting || stopped(stop, time.Until(due)) {
					return
				}
				if time.Since(due) > giveUpAfter {
					tally.unsent.Add(1)
				} else {
					one.send()
				}
			}
		}()
	}
	working.Wait()
}

// stopped waits, and says whether it was told to stop meanwhile.
func stopped(stop <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(max(0, wait))
	defer timer.Stop()
	select {
	case <-stop:
		return true
	case <-timer.C:
		return false
	}
}

// upto refuses load that is not bounded: it has no place on a shared machine.
func upto(name string, value float64, limit float64) float64 {
	if value <= 0 || value > limit {
		log.Fatalf("--%s must be above 0 and at most %g", name, limit)
	}
	return value
}

func main() {
	runtime.GOMAXPROCS(1)
	address := flag.String("url", "", "an http address")
	rate := flag.Float64("rate", 50, "requests per second")
	seconds := flag.Float64("seconds", 60, "how long")
	connections := flag.Float64("connections", 8, "connections at once")
	mode := flag.String("mode", "fresh", "fresh or keepalive")
	out := flag.String("out", "counts.json", "the JSON file the counts go to")
	flag.Parse()
	target, err := url.Parse(*address)
	if err != nil || target.Scheme != "http" {
		log.Fatalf("--url %q is no http address", *address)
	}
	tally := newTally()
	clients := []*client{}
	for range int(upto("connections", *connections, 64)) {
		clients = append(clients, newClient(target, *mode == "keepalive", tally))
	}
	stop := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go func() { <-signals; close(stop) }()
	done := tally.refreshing(*out)
	lasting := time.Duration(upto("seconds", *seconds, 600) * float64(time.Second))
	run(clients, upto("rate", *rate, 1000), lasting, tally, stop)
	done()
}
