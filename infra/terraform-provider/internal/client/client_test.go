package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	meshAnswer    = `{"data":{"mesh":{"id":"mesh_1","name":"prod","trustDomain":"cluster.local","createdAt":"2026-01-01T00:00:00.000Z"}}}`
	createdAnswer = `{"data":{"createMesh":{"mesh":{"id":"mesh_1","name":"prod","trustDomain":"cluster.local","createdAt":"2026-01-01T00:00:00.000Z"}}}}`
	updatedAnswer = `{"data":{"updateCluster":{"cluster":{"id":"cluster_1","name":"berlin"}}}}`
)

func refusal(code string) string {
	return fmt.Sprintf(`{"errors":[{"message":"in the words of the API","extensions":{"code":%q}}]}`, code)
}

// served makes a client of a server that answers with these, one after the other, and the last for
// good. It counts what it was asked.
func served(t *testing.T, answers ...http.HandlerFunc) (*Client, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		turn := int(asked.Add(1)) - 1
		answers[min(turn, len(answers)-1)](writer, request)
	}))
	t.Cleanup(server.Close)
	return impatient(t, server.URL), &asked
}

// impatient makes a client that does not wait before it asks again.
func impatient(t *testing.T, endpoint string) *Client {
	t.Helper()
	api, err := New(Options{Endpoint: endpoint, Token: "secret", UserAgent: "test", Retries: 3, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	api.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return api
}

func answer(status int, body string) http.HandlerFunc {
	return func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "application/json")
		writer.WriteHeader(status)
		_, _ = writer.Write([]byte(body))
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func readMesh(api *Client) error {
	_, err := ReadMesh(context.Background(), api, "mesh_1")
	return err
}

func createMesh(api *Client) error {
	_, err := CreateMesh(context.Background(), api, CreateMeshInput{Name: "prod"})
	return err
}

func update(api *Client) error {
	_, err := UpdateCluster(context.Background(), api, UpdateClusterInput{ClusterId: "cluster_1", Labels: []LabelInput{}})
	return err
}

func TestWhatIsAskedAgain(t *testing.T) {
	const good = http.StatusOK
	for name, test := range map[string]struct {
		ask     func(*Client) error
		answers []http.HandlerFunc
		asked   int32
		// What the error says; empty: it goes well.
		err         string
		isUncertain bool
	}{
		"a question that goes well":            {ask: readMesh, answers: []http.HandlerFunc{answer(good, meshAnswer)}, asked: 1},
		"a question that nobody answered":      {ask: readMesh, answers: []http.HandlerFunc{hangUp, answer(good, meshAnswer)}, asked: 2},
		"a question behind a proxy":            {ask: readMesh, answers: []http.HandlerFunc{answer(502, "<html>"), answer(503, ""), answer(504, ""), answer(good, meshAnswer)}, asked: 4},
		"a question too many":                  {ask: readMesh, answers: []http.HandlerFunc{answer(429, refusal("RATE_LIMITED")), answer(good, meshAnswer)}, asked: 2},
		"a question without a database":        {ask: readMesh, answers: []http.HandlerFunc{answer(good, refusal("UNAVAILABLE")), answer(good, meshAnswer)}, asked: 2},
		"a question that never goes well":      {ask: readMesh, answers: []http.HandlerFunc{answer(503, "")}, asked: 4, err: "answered HTTP 503"},
		"a question that is wrong":             {ask: readMesh, answers: []http.HandlerFunc{answer(good, refusal("NOT_FOUND"))}, asked: 1, err: "NOT_FOUND: in the words of the API"},
		"a question that broke the API":        {ask: readMesh, answers: []http.HandlerFunc{answer(good, refusal("INTERNAL"))}, asked: 1, err: "INTERNAL"},
		"a question to somebody else":          {ask: readMesh, answers: []http.HandlerFunc{answer(404, "<html>")}, asked: 1, err: "look at the endpoint"},
		"a question that is sent elsewhere":    {ask: readMesh, answers: []http.HandlerFunc{answer(301, "")}, asked: 1, err: "look at the endpoint"},
		"a creation whose answer got lost":     {ask: createMesh, answers: []http.HandlerFunc{hangUp, answer(409, refusal("IDEMPOTENCY_IN_PROGRESS")), answer(good, createdAnswer)}, asked: 3},
		"a creation whose answer stays lost":   {ask: createMesh, answers: []http.HandlerFunc{hangUp}, asked: 4, err: "not known whether CreateMesh took effect", isUncertain: true},
		"a creation behind a proxy":            {ask: createMesh, answers: []http.HandlerFunc{answer(502, ""), answer(good, createdAnswer)}, asked: 2},
		"a creation that is never over":        {ask: createMesh, answers: []http.HandlerFunc{answer(409, refusal("IDEMPOTENCY_IN_PROGRESS"))}, asked: 4, err: "IN_PROGRESS", isUncertain: true},
		"a creation without a database":        {ask: createMesh, answers: []http.HandlerFunc{answer(good, refusal("UNAVAILABLE"))}, asked: 1, err: "UNAVAILABLE", isUncertain: true},
		"a creation too many":                  {ask: createMesh, answers: []http.HandlerFunc{answer(429, refusal("RATE_LIMITED")), answer(good, createdAnswer)}, asked: 2},
		"a creation that is wrong":             {ask: createMesh, answers: []http.HandlerFunc{answer(good, refusal("INVALID_NAME"))}, asked: 1, err: "INVALID_NAME"},
		"a change whose answer got lost":       {ask: update, answers: []http.HandlerFunc{hangUp, answer(good, updatedAnswer)}, asked: 2},
		"a change that is never through":       {ask: update, answers: []http.HandlerFunc{answer(504, "")}, asked: 4, err: "HTTP 504"},
		"a change that breaks off in its body": {ask: update, answers: []http.HandlerFunc{breakOff, answer(good, updatedAnswer)}, asked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			api, asked := served(t, test.answers...)
			err := test.ask(api)
			var uncertain *UncertainError
			switch {
			case test.err == "" && err != nil:
				t.Errorf("it failed: %v", err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("the error is %v, not %q", err, test.err)
			case errors.As(err, &uncertain) != test.isUncertain:
				t.Errorf("whether it is certain: %v", err)
			}
			if asked.Load() != test.asked {
				t.Errorf("asked %d times, not %d", asked.Load(), test.asked)
			}
		})
	}
}

func breakOff(writer http.ResponseWriter, _ *http.Request) {
	writer.Header().Set("Content-Length", "1000")
	_, _ = writer.Write([]byte(`{"data":`))
}

// Who was never connected has done nothing, so that even a creation is tried again.
func TestCreationThatNobodyHeard(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	api := impatient(t, "http://"+address)
	pauses := 0
	api.pause = func(context.Context, time.Duration) error {
		pauses++
		if pauses < 3 {
			return nil
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: answer(http.StatusOK, createdAnswer), ReadHeaderTimeout: time.Minute}
		t.Cleanup(func() { _ = server.Close() })
		go func() { _ = server.Serve(listener) }()
		return nil
	}
	if err := createMesh(api); err != nil {
		t.Fatal(err)
	}
	if pauses != 3 {
		t.Errorf("it came back %d times", pauses)
	}
}

func TestAnswerThatDoesNotCome(t *testing.T) {
	end := make(chan struct{})
	api, asked := served(t, func(_ http.ResponseWriter, request *http.Request) {
		select {
		case <-request.Context().Done():
		case <-end:
		}
	})
	t.Cleanup(func() { close(end) })
	api.timeout = 20 * time.Millisecond
	if err := readMesh(api); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	if asked.Load() != 4 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestWhoIsStoppedAsksNoMore(t *testing.T) {
	api, asked := served(t, answer(503, ""))
	ctx, cancel := context.WithCancel(context.Background())
	api.pause = func(ctx context.Context, delay time.Duration) error {
		cancel()
		return sleep(ctx, delay)
	}
	if _, err := ReadMesh(ctx, api, "mesh_1"); err == nil || asked.Load() != 1 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

func TestHowLongItWaits(t *testing.T) {
	api, _ := served(t, func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Retry-After", "7")
		writer.WriteHeader(http.StatusServiceUnavailable)
	})
	var delays []time.Duration
	api.pause = func(_ context.Context, delay time.Duration) error {
		delays = append(delays, delay)
		return nil
	}
	if err := readMesh(api); err == nil {
		t.Fatal("it went well")
	}
	for _, delay := range delays {
		if delay != 7*time.Second {
			t.Errorf("it waits %s, not as long as it is told to", delay)
		}
	}
	for attempt, most := range []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, longestDelay, longestDelay} {
		for range 100 {
			if delay := (&failure{}).delay(attempt); delay < most/2 || delay > most {
				t.Fatalf("before attempt %d it waits %s, not %s to %s", attempt+1, delay, most/2, most)
			}
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	var head http.Header
	var path string
	api, _ := served(t, func(writer http.ResponseWriter, request *http.Request) {
		head, path = request.Header, request.URL.Path
		answer(http.StatusOK, meshAnswer)(writer, request)
	})
	api.header.Set("Isthmus-Organization", "org_1")
	if err := readMesh(api); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": "Bearer secret", "User-Agent": "test", "Isthmus-Organization": "org_1"} {
		if head.Get(name) != value {
			t.Errorf("%s is %q", name, head.Get(name))
		}
	}
	if path != "/graphql" {
		t.Errorf("the path is %s", path)
	}
}

// All attempts at a creation have one key, by which the API carries it out once; the next has another.
// What is the same twice has none: an attempt that died would only be in its way.
func TestKeys(t *testing.T) {
	var keys []string
	note := func(next http.HandlerFunc) http.HandlerFunc {
		return func(writer http.ResponseWriter, request *http.Request) {
			keys = append(keys, request.Header.Get("Idempotency-Key"))
			next(writer, request)
		}
	}
	api, _ := served(t, note(hangUp), note(answer(502, "")), note(answer(http.StatusOK, createdAnswer)),
		note(answer(http.StatusOK, createdAnswer)), note(answer(http.StatusOK, updatedAnswer)))
	for _, ask := range []func(*Client) error{createMesh, createMesh, update} {
		if err := ask(api); err != nil {
			t.Fatal(err)
		}
	}
	if len(keys) != 5 || keys[4] != "" || len(keys[0]) < 8 || keys[0] != keys[1] || keys[0] != keys[2] || keys[0] == keys[3] {
		t.Errorf("the keys are %v", keys)
	}
}

func TestEndpoints(t *testing.T) {
	for endpoint, url := range map[string]string{
		"https://isthmus.example":          "https://isthmus.example/graphql",
		"https://isthmus.example/":         "https://isthmus.example/graphql",
		"https://isthmus.example/a/":       "https://isthmus.example/a/graphql",
		"http://127.0.0.1:4000/graphql":    "http://127.0.0.1:4000/graphql",
		"isthmus.example":                  "",
		"ftp://isthmus.example":            "",
		"https://":                         "",
		"https://isthmus.example/a b%zz/c": "",
	} {
		api, err := New(Options{Endpoint: endpoint})
		if (err == nil) != (url != "") || (err == nil && api.url != url) {
			t.Errorf("%s: %v, %v", endpoint, api, err)
		}
	}
}

func TestProblemsOfFiles(t *testing.T) {
	api, _ := served(t, answer(http.StatusOK, `{"errors":[{"message":"wrong","extensions":{"code":"CONFIGURATION_INVALID",
		"field":"input.files.0","problems":[{"code":"SchemaViolation","message":"no","remedy":"write it","path":"a.yaml","line":3}]}}]}`))
	var refusal *Error
	if err := update(api); !errors.As(err, &refusal) || len(refusal.Problems) != 1 || refusal.Problems[0].Line != 3 || refusal.Field != "input.files.0" {
		t.Errorf("the problems are not told: %+v", err)
	}
}

func TestPages(t *testing.T) {
	cursor := "first"
	var asked []string
	all, err := All(func(after *string) (Page[int], error) {
		if after == nil {
			asked = append(asked, "")
			return Page[int]{Items: []int{1, 2}, Info: PageFields{HasNextPage: true, EndCursor: &cursor}}, nil
		}
		asked = append(asked, *after)
		return Page[int]{Items: []int{3}}, nil
	})
	if err != nil || fmt.Sprint(all) != "[1 2 3]" || fmt.Sprint(asked) != "[ first]" {
		t.Errorf("%v of %v, %v", all, asked, err)
	}
}
