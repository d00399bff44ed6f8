// Command agents are the clients of the benchmark, the same for every server: N simulated agents,
// each with an mTLS connection of its own and one delta xDS stream on it, that subscribe to
// everything of one type and acknowledge each response.
//
// It prints {"ready": …} once every agent has its first response. A line `begin` on standard
// input forgets what was measured so far; at the end of standard input it prints what was
// measured, and exits. Latency is the time from the first 8 bytes of a body, nanoseconds since the epoch, to here.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/encoding/protowire"
)

var (
	address         = flag.String("address", "", "host:port of the server")
	serverName      = flag.String("server-name", "localhost", "name in the certificate of the server")
	method          = flag.String("method", "", "full method, such as /package.Service/Method")
	typeURL         = flag.String("type", "", "type URL to subscribe to")
	count           = flag.Int("agents", 1000, "agents")
	certificateFile = flag.String("cert", "", "PEM certificate of the agents")
	keyFile         = flag.String("key", "", "PEM key of the agents")
	caFile          = flag.String("ca", "", "PEM certificates that the server's is verified with")
	dialing         = flag.Int("dialing", 16, "agents that connect at the same time")
	timeout         = flag.Duration("timeout", 5*time.Minute, "until all have a response")
)

// agent is one connection. What it measured is guarded by its mutex, which nobody else wants
// except at `begin` and at the end.
type agent struct {
	mutex     sync.Mutex
	latencies []time.Duration
	responses int
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	transport, err := mutualTLS()
	if err != nil {
		return err
	}
	agents := make([]*agent, *count)
	for index := range agents {
		agents[index] = &agent{latencies: make([]time.Duration, 0, 256)}
	}
	started := time.Now()
	failed := make(chan error, *count)
	ready := make(chan struct{}, *count)
	slots := make(chan struct{}, *dialing)
	go func() {
		for index := range agents {
			slots <- struct{}{}
			go func() {
				failed <- agents[index].follow(transport, index, func() {
					<-slots
					ready <- struct{}{}
				})
			}()
		}
	}()
	deadline := time.After(*timeout)
	for connected := range agents {
		select {
		case <-ready:
		case err := <-failed:
			return err
		case <-deadline:
			return fmt.Errorf("only %d of %d have a response after %s", connected, *count, *timeout)
		}
	}
	output := json.NewEncoder(os.Stdout)
	connectMs := float64(time.Since(started).Microseconds()) / 1000
	if err := output.Encode(map[string]any{"ready": *count, "connectMs": connectMs}); err != nil {
		return err
	}

	ended := make(chan error, 1)
	cpuBefore := cpuTime()
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if lines.Text() != "begin" {
				ended <- fmt.Errorf("%q is not understood: begin", lines.Text())
				return
			}
			for _, one := range agents {
				one.mutex.Lock()
				one.latencies, one.responses = one.latencies[:0], 0
				one.mutex.Unlock()
			}
			cpuBefore = cpuTime()
		}
		ended <- lines.Err()
	}()
	select {
	case err = <-ended:
	case err = <-failed:
	}
	if err != nil {
		return err
	}
	return output.Encode(report(agents, cpuTime()-cpuBefore))
}

// follow connects, calls started at the first response, and returns only when the stream breaks.
func (one *agent) follow(
	transport credentials.TransportCredentials, index int, started func(),
) error {
	connection, err := grpc.NewClient("passthrough:///"+*address,
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})),
		// Windows of a fixed size: otherwise grpc-go measures the bandwidth with a PING for each
		// message, which neither Envoy nor grpc-js does.
		grpc.WithStaticStreamWindowSize(1<<20),
		grpc.WithStaticConnWindowSize(1<<20),
		grpc.WithSharedWriteBuffer(true),
		grpc.WithReadBufferSize(4096),
		grpc.WithWriteBufferSize(4096),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
	)
	if err != nil {
		return err
	}
	defer connection.Close()
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := connection.NewStream(context.Background(), description, *method)
	if err != nil {
		return err
	}
	node := protowire.AppendTag(nil, 1, protowire.BytesType)
	node = protowire.AppendString(node, fmt.Sprintf("agent-%d", index))
	if err := stream.SendMsg(request(1, string(node))); err != nil {
		return err
	}
	for first := true; ; first = false {
		var frame []byte
		if err := stream.RecvMsg(&frame); err != nil {
			return fmt.Errorf("agent %d: %w", index, err)
		}
		now := time.Now()
		response, err := parse(frame)
		if err != nil {
			return err
		}
		if err := stream.SendMsg(request(6, response.nonce)); err != nil {
			return err
		}
		one.mutex.Lock()
		one.responses++
		for _, sentAt := range response.times {
			one.latencies = append(one.latencies, time.Duration(now.UnixNano()-sentAt))
		}
		one.mutex.Unlock()
		if first {
			started()
		}
	}
}

// request encodes a DeltaDiscoveryRequest for the type, with one more field.
func request(field protowire.Number, value string) []byte {
	bytes := protowire.AppendTag(nil, 2, protowire.BytesType)
	bytes = protowire.AppendString(bytes, *typeURL)
	bytes = protowire.AppendTag(bytes, field, protowire.BytesType)
	return protowire.AppendString(bytes, value)
}

type response struct {
	nonce string
	// Nanoseconds since the epoch, one for each resource.
	times []int64
}

// parse reads of a DeltaDiscoveryResponse what an agent needs, without the generated code.
func parse(frame []byte) (response, error) {
	var parsed response
	err := fields(frame, func(field protowire.Number, value []byte) error {
		switch field {
		case 5:
			parsed.nonce = string(value)
		case 2:
			// Resource.resource, Any.value, BytesValue.value
			body, err := descend(value, 2, 2, 1)
			if err != nil {
				return err
			}
			if len(body) < 8 {
				return errors.New("a resource without its time")
			}
			parsed.times = append(parsed.times, int64(binary.BigEndian.Uint64(body)))
		}
		return nil
	})
	return parsed, err
}

// descend follows message fields down.
func descend(message []byte, path ...protowire.Number) ([]byte, error) {
	for _, wanted := range path {
		var found []byte
		if err := fields(message, func(field protowire.Number, value []byte) error {
			if field == wanted {
				found = value
			}
			return nil
		}); err != nil {
			return nil, err
		}
		message = found
	}
	return message, nil
}

// fields calls visit for each field of a message whose fields are all length-delimited.
func fields(message []byte, visit func(field protowire.Number, value []byte) error) error {
	for len(message) > 0 {
		field, kind, size := protowire.ConsumeTag(message)
		if size < 0 || kind != protowire.BytesType {
			return errors.New("the message is not understood")
		}
		message = message[size:]
		value, size := protowire.ConsumeBytes(message)
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
		if err := visit(field, value); err != nil {
			return err
		}
	}
	return nil
}

func report(agents []*agent, cpu time.Duration) map[string]any {
	var all []time.Duration
	responses := 0
	for _, one := range agents {
		one.mutex.Lock()
		all = append(all, one.latencies...)
		responses += one.responses
		one.mutex.Unlock()
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return float64(all[int(share*float64(len(all)-1))].Microseconds()) / 1000
	}
	return map[string]any{
		"clients":            len(agents),
		"messages":           responses,
		"resources":          len(all),
		"minMs":              at(0),
		"p50Ms":              at(0.5),
		"p99Ms":              at(0.99),
		"maxMs":              at(1),
		"clientUsPerMessage": float64(cpu.Microseconds()) / float64(max(1, responses)),
	}
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// rawCodec passes messages through as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(value any) ([]byte, error) { return value.([]byte), nil }

func (rawCodec) Unmarshal(bytes []byte, value any) error {
	*value.(*[]byte) = bytes
	return nil
}

func mutualTLS() (credentials.TransportCredentials, error) {
	certificate, err := tls.LoadX509KeyPair(*certificateFile, *keyFile)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(*caFile)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return nil, errors.New("there is no certificate in " + *caFile)
	}
	return credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate},
		RootCAs:      authorities,
		ServerName:   *serverName,
		MinVersion:   tls.VersionTLS13,
	}), nil
}
