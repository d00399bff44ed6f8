// Package client speaks with the GraphQL API of Isthmus. What is asked stands in
// operations.graphql; generated.go has its types.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// Options say which API is spoken with, and as whom.
type Options struct {
	// Endpoint is the address of the API, such as https://isthmus.example.com.
	Endpoint string
	// Token is an API token, or a person's session token.
	Token string
	// Organization is the id of the one that is meant; only people can belong to several.
	Organization string
	UserAgent    string
	// Retries is how often a request is repeated at most.
	Retries int
	// Timeout is that of one attempt.
	Timeout time.Duration
}

// Client is the API as one token sees it. It repeats what failed for the moment. What would not be the
// same twice has one key for all of its attempts, by which the API carries it out once; and where the
// API has let go of the key, it is not repeated.
type Client struct {
	url     string
	header  http.Header
	http    *http.Client
	retries int
	timeout time.Duration
	// skew is how far the API's clock is ahead of this machine's, in nanoseconds.
	skew atomic.Int64
	// pause waits before the next attempt; a test does not.
	pause func(context.Context, time.Duration) error
}

var _ graphql.Client = (*Client)(nil)

// New makes a client. Nothing is asked yet. It fails for an endpoint that is no address.
func New(options Options) (*Client, error) {
	address, err := url.Parse(options.Endpoint)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return nil, fmt.Errorf("%q is no address of an API, such as https://isthmus.example.com", options.Endpoint)
	}
	if !strings.HasSuffix(address.Path, "/graphql") {
		address = address.JoinPath("graphql")
	}
	header := http.Header{
		"Accept":        {"application/json"},
		"Authorization": {"Bearer " + options.Token},
		"Content-Type":  {"application/json"},
		"User-Agent":    {options.UserAgent},
	}
	if options.Organization != "" {
		header.Set("Isthmus-Organization", options.Organization)
	}
	return &Client{
		url:     address.String(),
		header:  header,
		http:    &http.Client{CheckRedirect: keepRedirect},
		retries: options.Retries,
		timeout: options.Timeout,
		pause:   sleep,
	}, nil
}

// keepRedirect has a redirection stand as the answer: a POST does not survive one.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// MakeRequest asks until there is an answer that will not change by asking again.
func (c *Client) MakeRequest(ctx context.Context, request *graphql.Request, response *graphql.Response) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	key := ""
	if !isRepeatable(request) {
		key = rand.Text()
	}
	for attempt := 0; ; attempt++ {
		failure := c.try(ctx, key, body, response)
		if failure == nil {
			return nil
		}
		if !failure.passes || attempt == c.retries || (failure.isForgotten && key != "") {
			return failure.verdict(request)
		}
		tflog.Debug(ctx, "asking the API again", map[string]any{"operation": request.OpName, "attempt": attempt + 1, "error": failure.err.Error()})
		if c.pause(ctx, failure.delay(attempt)) != nil {
			return failure.verdict(request)
		}
	}
}

// TheirTime is a time of this machine's clock by that of the API, as far as its answers have told.
func (c *Client) TheirTime(ours time.Time) time.Time {
	return ours.Add(time.Duration(c.skew.Load()))
}

// try asks once, under a key if there is one. The response is filled when it succeeds.
func (c *Client) try(ctx context.Context, key string, body []byte, response *graphql.Response) *failure {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return &failure{err: err}
	}
	request.Header = c.header.Clone()
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return unanswered(err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return unanswered(err)
	}
	c.readClock(answer.Header)
	return read(answer, content, response)
}

func (c *Client) readClock(header http.Header) {
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		c.skew.Store(int64(time.Until(at)))
	}
}

func read(answer *http.Response, content []byte, response *graphql.Response) *failure {
	var told struct {
		Data   json.RawMessage `json:"data"`
		Errors []wireError     `json:"errors"`
	}
	err := json.Unmarshal(content, &told)
	switch {
	case err == nil && len(told.Errors) > 0:
		return refused(answer, told.Errors[0])
	case err == nil && answer.StatusCode == http.StatusOK && len(told.Data) > 0:
		if err := json.Unmarshal(told.Data, response.Data); err != nil {
			return &failure{err: fmt.Errorf("the API's answer cannot be read: %w", err)}
		}
		return nil
	default:
		return misunderstood(answer)
	}
}

func sleep(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
