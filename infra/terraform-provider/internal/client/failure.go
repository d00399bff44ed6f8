package client

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
)

// Error is a refusal in the API's own words.
type Error struct {
	// Code is stable, such as NOT_FOUND.
	Code string
	// Message says what to do next.
	Message string
	// Field is what of the question is to blame, such as input.cidrs.0; empty where nothing is.
	Field string
	// Problems are those of files, with the code CONFIGURATION_INVALID.
	Problems []Problem
}

// Problem is what keeps files from being released.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
	Object  string `json:"object"`
	Path    string `json:"path"`
	Line    int    `json:"line"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HasCode says whether the API refused with that code.
func HasCode(err error, code string) bool {
	var refusal *Error
	return errors.As(err, &refusal) && refusal.Code == code
}

// UncertainError is of a change that may have taken effect: the answer got lost.
type UncertainError struct {
	Operation string
	Err       error
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("it is not known whether %s took effect: %v", e.Operation, e.Err)
}

func (e *UncertainError) Unwrap() error { return e.Err }

// failure is what came of one attempt.
type failure struct {
	err error
	// passes: it is of the moment, and may go well the next time.
	passes bool
	// isLost: the API may have done what was asked.
	isLost bool
	// isForgotten: and if it has, it would do so again.
	isForgotten bool
	// after is how long the API wants to be left alone.
	after time.Duration
}

// verdict is the error of a request whose last attempt this was.
func (f *failure) verdict(request *graphql.Request) error {
	if f.passes && f.isLost && !isRepeatable(request) {
		return &UncertainError{Operation: request.OpName, Err: f.err}
	}
	return f.err
}

const (
	firstDelay   = 250 * time.Millisecond
	longestDelay = 10 * time.Second
)

// delay doubles with each attempt. Half of it is chance, so that those who failed together do not
// come back together.
func (f *failure) delay(attempt int) time.Duration {
	delay := min(firstDelay<<min(attempt, 16), longestDelay)
	return max(f.after, delay/2+rand.N(delay/2+1))
}

// unanswered is of a connection that failed. Only what was never connected cannot have arrived.
func unanswered(err error) *failure {
	var operation *net.OpError
	isDialled := !errors.As(err, &operation) || operation.Op != "dial"
	return &failure{err: fmt.Errorf("the API did not answer: %w", err), passes: true, isLost: isDialled}
}

type wireError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code     string    `json:"code"`
		Field    string    `json:"field"`
		Problems []Problem `json:"problems"`
	} `json:"extensions"`
}

// refused is of an error that the API told.
func refused(answer *http.Response, told wireError) *failure {
	refusal := &Error{
		Code: told.Extensions.Code, Message: told.Message, Field: told.Extensions.Field, Problems: told.Extensions.Problems,
	}
	switch {
	case refusal.Code == "RATE_LIMITED" || answer.StatusCode == http.StatusTooManyRequests:
		// It is refused before anything is done.
		return &failure{err: refusal, passes: true, after: retryAfter(answer)}
	case refusal.Code == "IDEMPOTENCY_IN_PROGRESS":
		// An attempt whose answer got lost is not over, or died.
		return &failure{err: refusal, passes: true, isLost: true, after: retryAfter(answer)}
	case refusal.Code == "UNAVAILABLE" || isOfTheMoment(answer.StatusCode):
		return &failure{err: refusal, passes: true, isLost: true, isForgotten: true, after: retryAfter(answer)}
	default:
		return &failure{err: refusal}
	}
}

// misunderstood is of an answer that is none of the API's, such as a page of a proxy before it.
func misunderstood(answer *http.Response) *failure {
	err := fmt.Errorf("%s answered HTTP %s, and not as the API does; look at the endpoint", answer.Request.URL.Host, answer.Status)
	isLimit := answer.StatusCode == http.StatusTooManyRequests
	return &failure{
		err:    err,
		passes: isLimit || isOfTheMoment(answer.StatusCode),
		isLost: !isLimit,
		after:  retryAfter(answer),
	}
}

func isOfTheMoment(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// retryAfter reads seconds; the other form, a date, is not used by what stands before the API.
func retryAfter(answer *http.Response) time.Duration {
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Minute)
}

// repeatable are the changes that leave the same behind when they are made twice.
var repeatable = map[string]bool{
	"ApplyConfiguration":          true,
	"CheckConfiguration":          true,
	"DeleteExportPolicy":          true,
	"DeleteMesh":                  true,
	"DeleteWebhook":               true,
	"GrantHost":                   true,
	"RemoveCluster":               true,
	"RevokeApiToken":              true,
	"RevokeHostGrant":             true,
	"SetClusterChannel":           true,
	"StartRollout":                true,
	"UpdateCluster":               true,
	"UpdateConfigurationSettings": true,
	"UpdateExportPolicy":          true,
	"UpdateUpgradeSettings":       true,
	"UpdateWebhook":               true,
}

func isRepeatable(request *graphql.Request) bool {
	return strings.HasPrefix(strings.TrimSpace(request.Query), "query ") || repeatable[request.OpName]
}
