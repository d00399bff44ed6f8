package client

import (
	"context"
	"errors"
	"time"
)

// clockTolerance is for clocks that do not quite agree: the one of an answer's head, which counts
// seconds, and the one that says when something was made.
const clockTolerance = 5 * time.Second

// Creation makes something that has a unique name.
type Creation[T any] struct {
	Create func(context.Context) (T, error)
	// Find looks for what is just as it was asked for, by its name; nil if there is none.
	Find func(context.Context) (*T, error)
	// CreatedAt is when it was made, by the API's clock.
	CreatedAt func(T) string
}

// Once makes it once, even where the API has lost track of an attempt: what is there under the name,
// and was not before, is what was made.
func (c Creation[T]) Once(ctx context.Context, client *Client) (T, error) {
	started := time.Now().Add(-clockTolerance)
	wasLost := false
	for attempt := 0; ; attempt++ {
		made, err := c.Create(ctx)
		if err == nil {
			return made, nil
		}
		var uncertain *UncertainError
		isLost := errors.As(err, &uncertain)
		isThere := HasCode(err, "ALREADY_EXISTS")
		wasLost = wasLost || isLost
		if !wasLost || (!isLost && !isThere) {
			return made, err
		}
		if isLost && client.pause(ctx, (&failure{}).delay(attempt)) != nil {
			return made, err
		}
		found, findErr := c.Find(ctx)
		if findErr != nil {
			return made, errors.Join(err, findErr)
		}
		if found != nil && isSince(c.CreatedAt(*found), client.TheirTime(started)) {
			return *found, nil
		}
		if isThere || attempt >= client.retries {
			return made, err
		}
	}
}

func isSince(at string, since time.Time) bool {
	made, err := time.Parse(time.RFC3339, at)
	return err == nil && made.After(since)
}
