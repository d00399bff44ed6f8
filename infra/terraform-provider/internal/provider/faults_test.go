package provider

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestWrongToken(t *testing.T) {
	acceptance(t)
	verify(t, resource.TestStep{
		Config: `
provider "isthmus" {
  token = "isthmus_api_00000000000000000000000000000000_0000000000000000000000000000000000000000000"
}

data "isthmus_organization" "ours" {}
`,
		ExpectError: regexp.MustCompile(`(?s)Cannot read the organization: API_TOKEN_INVALID.*make another`),
	})
}

func TestNoToken(t *testing.T) {
	acceptance(t)
	t.Setenv("ISTHMUS_TOKEN", "")
	verify(t, resource.TestStep{
		Config:      `data "isthmus_organization" "ours" {}`,
		ExpectError: regexp.MustCompile(`(?s)Missing token.*ISTHMUS_TOKEN`),
	})
}

// The API restarts while a mesh is built: at first nobody listens, then it is there again.
func TestServerThatRestarts(t *testing.T) {
	acceptance(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	first := &http.Server{Handler: passOn(t, nil), ReadHeaderTimeout: time.Minute}
	go func() { _ = first.Serve(listener) }()
	name := unique("restarted")
	config := func(more string) string {
		return fmt.Sprintf(`
provider "isthmus" {
  endpoint = "http://%s"
}

resource "isthmus_mesh" "test" {
  name = %q
}
%s`, address, name, more)
	}
	verify(t,
		resource.TestStep{Config: config("")},
		resource.TestStep{
			PreConfig: func() {
				_ = first.Close()
				// Whoever asks now is not connected; the next one has to come back.
				time.AfterFunc(time.Second, func() { listenAgain(t, address) })
			},
			Config: config(`
resource "isthmus_cluster" "test" {
  mesh_id  = isthmus_mesh.test.id
  name     = "berlin"
  network  = "cloud"
  locality = "eu-central-1/a"
}`),
			Check: resource.TestCheckResourceAttr("isthmus_cluster.test", "name", "berlin"),
		},
	)
}

func listenAgain(t *testing.T, address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	server := &http.Server{Handler: passOn(t, nil), ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
}

// An answer that gets lost on the way back leaves one mesh behind, one cluster, one policy and one
// token, and Terraform knows them.
func TestAnswerThatGetsLost(t *testing.T) {
	api := acceptance(t)
	creations := []string{"CreateMesh", "RegisterCluster", "CreateExportPolicy", "CreateApiToken"}
	var lost sync.Map
	lose := func(operation string) bool {
		isOurs := slices.Contains(creations, operation)
		_, again := lost.LoadOrStore(operation, true)
		return isOurs && !again
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: passOn(t, lose), ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	name := unique("lost")
	verify(t, resource.TestStep{
		Config: fmt.Sprintf(`
provider "isthmus" {
  endpoint = "http://%s"
}

resource "isthmus_mesh" "test" {
  name = %q
}

resource "isthmus_cluster" "test" {
  mesh_id  = isthmus_mesh.test.id
  name     = "berlin"
  network  = "cloud"
  locality = "eu-central-1/a"
}

resource "isthmus_export_policy" "test" {
  mesh_id    = isthmus_mesh.test.id
  name       = "all"
  everything = true
}

resource "isthmus_api_token" "test" {
  name       = %q
  role       = "VIEWER"
  expires_at = %q
}
`, listener.Addr(), name, name, time.Now().Add(48*time.Hour).UTC().Format("2006-01-02T00:00:00Z")),
		Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttrWith("isthmus_mesh.test", "id", func(id string) error {
				mesh, err := client.ReadMesh(context.Background(), api, id)
				if err != nil || mesh.Mesh.Name != name {
					return fmt.Errorf("it is not the mesh that was made: %+v, %w", mesh, err)
				}
				return nil
			}),
			resource.TestCheckResourceAttr("isthmus_cluster.test", "name", "berlin"),
			resource.TestCheckResourceAttr("isthmus_export_policy.test", "name", "all"),
		),
	})
	for _, operation := range creations {
		if _, isLost := lost.Load(operation); !isLost {
			t.Errorf("no answer to %s got lost", operation)
		}
	}
}

var operationName = regexp.MustCompile(`"operationName":"(\w+)"`)

// passOn stands before the API, and hangs up in place of those answers that are to be lost.
func passOn(t *testing.T, isLost func(operation string) bool) http.Handler {
	t.Helper()
	target, err := url.Parse(os.Getenv("ISTHMUS_ENDPOINT"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(answer *http.Response) error {
		operation, _ := answer.Request.Context().Value(operationKey{}).(string)
		if isLost != nil && isLost(operation) {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		request.Body = io.NopCloser(strings.NewReader(string(body)))
		operation := ""
		if found := operationName.FindSubmatch(body); found != nil {
			operation = string(found[1])
		}
		proxy.ServeHTTP(writer, request.WithContext(context.WithValue(request.Context(), operationKey{}, operation)))
	})
}

type operationKey struct{}
