// Command adspeer is what the sync library is measured against: a delta ADS server made of
// go-control-plane with a linear cache, over mTLS.
//
// It listens on a port of the loopback interface and prints {"port": …}. Every line `change` on
// standard input changes one resource, whose body starts with the time in nanoseconds. At the end
// of standard input it prints what it did, and exits.
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
	"net"
	"os"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

var (
	certificateFile = flag.String("cert", "", "PEM certificate of the server")
	keyFile         = flag.String("key", "", "PEM key of the server")
	caFile          = flag.String("ca", "", "PEM certificates that the clients' are verified with")
	typeURL         = flag.String("type", "", "type URL of the resources")
	size            = flag.Int("size", 512, "bytes of a resource")
	resources       = flag.Int("resources", 1, "resources there are; one of them changes")
	staticWindows   = flag.Bool("static-windows", true, "HTTP/2 windows of a fixed size")
)

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
	initial := make(map[string]types.Resource, *resources)
	for index := range *resources {
		initial[name(index)] = resource(index)
	}
	linear := cache.NewLinearCache(*typeURL, cache.WithInitialResources(initial))
	options := []grpc.ServerOption{grpc.Creds(transport)}
	if *staticWindows {
		// Otherwise grpc-go estimates the bandwidth with a PING for each acknowledgement, which
		// makes a third more work. The peer shall be at its best.
		options = append(options, grpc.InitialWindowSize(65536), grpc.InitialConnWindowSize(65536))
	}
	grpcServer := grpc.NewServer(options...)
	xds := server.NewServer(context.Background(), linear, nil)
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, xds)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- grpcServer.Serve(listener) }()
	output := json.NewEncoder(os.Stdout)
	port := listener.Addr().(*net.TCPAddr).Port
	if err := output.Encode(map[string]int{"port": port}); err != nil {
		return err
	}

	done := make(chan error, 1)
	changes := 0
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if lines.Text() != "change" {
				done <- fmt.Errorf("%q is not understood: change", lines.Text())
				return
			}
			if err := linear.UpdateResource(name(0), resource(0)); err != nil {
				done <- err
				return
			}
			changes++
		}
		done <- lines.Err()
	}()
	select {
	case err = <-failed:
	case err = <-done:
	}
	if err != nil {
		return err
	}
	return output.Encode(map[string]int{"changes": changes})
}

func name(index int) string { return fmt.Sprintf("bench/service-%d", index) }

// resource is a body of the given size that says when it was made.
func resource(index int) *wrapperspb.BytesValue {
	body := make([]byte, *size)
	binary.BigEndian.PutUint64(body, uint64(time.Now().UnixNano()))
	for at := 8; at < len(body); at++ {
		body[at] = byte(index + at)
	}
	return wrapperspb.Bytes(body)
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
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    authorities,
		MinVersion:   tls.VersionTLS13,
	}), nil
}
