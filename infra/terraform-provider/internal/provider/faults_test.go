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
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

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
	first := &http.Server{Handler: passOn(t, nil, nil), ReadHeaderTimeout: time.Minute}
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
	server := &http.Server{Handler: passOn(t, nil, nil), ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
}

// The API is killed and started anew in the middle of an apply. Whoever runs the tests does that when it is
// asked to at ISTHMUS_RESTART_URL, and answers once the API is there again.
func TestServerThatIsKilled(t *testing.T) {
	api := acceptance(t)
	restart := os.Getenv("ISTHMUS_RESTART_URL")
	if restart == "" {
		t.Skip("nobody restarts the API: ISTHMUS_RESTART_URL is not set")
	}
	const killedAt = 7
	var creations, failures atomic.Int32
	restarted := make(chan error, 1)
	proxy := passOn(t, nil, func() { failures.Add(1) })
	address := listen(t, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		request.Body = io.NopCloser(strings.NewReader(string(body)))
		isMade := regexp.MustCompile(`"operationName":"(?:Create|Register|Grant)`).Match(body)
		if isMade && creations.Add(1) == killedAt {
			// With this one and others on their way.
			go func() { restarted <- ask(restart) }()
		}
		proxy.ServeHTTP(writer, request)
	}))
	name := unique("killed")
	config := fmt.Sprintf(`
provider "isthmus" {
  endpoint    = "http://%s"
  max_retries = 20
}

resource "isthmus_mesh" "test" {
  name = %q
}

resource "isthmus_cluster" "test" {
  count    = 10
  mesh_id  = isthmus_mesh.test.id
  name     = "cluster-${count.index}"
  network  = "cloud"
  locality = "eu-central-1/a"
  channel  = "STABLE"
}

resource "isthmus_export_policy" "test" {
  count      = 5
  mesh_id    = isthmus_mesh.test.id
  name       = "policy-${count.index}"
  everything = true
}

resource "isthmus_host_grant" "test" {
  count       = 3
  mesh_id     = isthmus_mesh.test.id
  namespace   = "shop-${count.index}"
  service     = "payments"
  cluster_ids = []
}

resource "isthmus_webhook" "test" {
  count   = 2
  mesh_id = isthmus_mesh.test.id
  name    = "%s-${count.index}"
  url     = "https://hooks.acme.example/isthmus"
}
`, address, name, name)
	var meshID string
	verify(t,
		resource.TestStep{
			Config: config,
			Check: resource.ComposeAggregateTestCheckFunc(
				attribute("isthmus_mesh.test", "id", &meshID),
				resource.TestCheckResourceAttrSet("isthmus_webhook.test.0", "secret"),
				resource.TestCheckResourceAttrSet("isthmus_webhook.test.1", "secret"),
				func(state *terraform.State) error {
					clusters, err := allClusters(context.Background(), api, meshID)
					if err != nil {
						return err
					}
					known := map[string]bool{}
					for _, found := range state.RootModule().Resources {
						known[found.Primary.ID] = true
					}
					for _, cluster := range clusters {
						if !known[cluster.Id] {
							return fmt.Errorf("nobody knows of the cluster %s", cluster.Name)
						}
					}
					if len(clusters) != 10 {
						return fmt.Errorf("there are %d clusters", len(clusters))
					}
					return nil
				},
			),
		},
		resource.TestStep{
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
	)
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	if failures.Load() == 0 {
		t.Error("nothing failed while the API was away")
	}
}

// ask has whoever runs the tests restart the API.
func ask(address string) error {
	asking := &http.Client{Timeout: 3 * time.Minute}
	answer, err := asking.Post(address, "text/plain", nil)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the API was not restarted: %s", answer.Status)
	}
	return nil
}

// listen serves until the test is over.
func listen(t *testing.T, handler http.Handler) net.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return listener.Addr()
}

// An answer that gets lost on the way back leaves one mesh behind, one cluster, one policy, one
// webhook and one token, and Terraform knows them.
func TestAnswerThatGetsLost(t *testing.T) {
	api := acceptance(t)
	creations := []string{"CreateMesh", "RegisterCluster", "CreateExportPolicy", "CreateWebhook", "CreateApiToken"}
	var lost sync.Map
	lose := func(operation string) bool {
		isOurs := slices.Contains(creations, operation)
		_, again := lost.LoadOrStore(operation, true)
		return isOurs && !again
	}
	address := listen(t, passOn(t, lose, nil))
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

resource "isthmus_webhook" "test" {
  name = %q
  url  = "https://hooks.acme.example/isthmus"
}

resource "isthmus_api_token" "test" {
  name       = %q
  role       = "VIEWER"
  expires_at = %q
}
`, address, name, name, name, time.Now().Add(48*time.Hour).UTC().Format("2006-01-02T00:00:00Z")),
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
			resource.TestCheckResourceAttrSet("isthmus_webhook.test", "secret"),
		),
	})
	for _, operation := range creations {
		if _, isLost := lost.Load(operation); !isLost {
			t.Errorf("no answer to %s got lost", operation)
		}
	}
}

var operationName = regexp.MustCompile(`"operationName":"(\w+)"`)

// passOn stands before the API, hangs up in place of those answers that are to be lost, and tells of
// those that did not come.
func passOn(t *testing.T, isLost func(operation string) bool, failed func()) http.Handler {
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
	if failed != nil {
		proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {
			failed()
			panic(http.ErrAbortHandler)
		}
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
