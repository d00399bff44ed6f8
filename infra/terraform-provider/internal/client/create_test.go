package client

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

var errLost = &UncertainError{Operation: "CreateMesh", Err: errors.New("the answer got lost")}

// world is what a creation meets: what its attempts come to, and what is there under the name.
type world struct {
	attempts []error
	there    *MeshFields
	created  int
}

func (w *world) once(t *testing.T) (MeshFields, error) {
	t.Helper()
	api, _ := served(t, answer(http.StatusOK, meshAnswer))
	return Creation[MeshFields]{
		Create: func(context.Context) (MeshFields, error) {
			err := w.attempts[min(w.created, len(w.attempts)-1)]
			w.created++
			return MeshFields{Id: "mesh_made"}, err
		},
		Find:      func(context.Context) (*MeshFields, error) { return w.there, nil },
		CreatedAt: func(mesh MeshFields) string { return mesh.CreatedAt },
	}.Once(context.Background(), api)
}

func thereSince(at time.Time) *MeshFields {
	return &MeshFields{Id: "mesh_there", CreatedAt: at.UTC().Format(time.RFC3339)}
}

func TestCreation(t *testing.T) {
	taken := &Error{Code: "ALREADY_EXISTS"}
	for name, test := range map[string]struct {
		world   world
		id      string
		created int
		err     error
	}{
		"goes well": {world: world{attempts: []error{nil}}, id: "mesh_made", created: 1},
		"did take effect although its answer got lost": {
			world: world{attempts: []error{errLost}, there: thereSince(time.Now())}, id: "mesh_there", created: 1,
		},
		"did not take effect, and does at the second time": {world: world{attempts: []error{errLost, nil}}, id: "mesh_made", created: 2},
		"is somebody else's name, for a long time": {
			world: world{attempts: []error{errLost, taken}, there: thereSince(time.Now().Add(-time.Hour))}, created: 2, err: taken,
		},
		"is refused although it is there since": {world: world{attempts: []error{taken}, there: thereSince(time.Now())}, created: 1, err: taken},
		"is never heard of":                     {world: world{attempts: []error{errLost}}, created: 4, err: errLost},
		"is wrong after it got lost":            {world: world{attempts: []error{errLost, &Error{Code: "QUOTA_EXCEEDED"}}}, created: 2, err: &Error{Code: "QUOTA_EXCEEDED"}},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := test.world.once(t)
			if test.err == nil && (err != nil || made.Id != test.id) {
				t.Errorf("%s, %v", made.Id, err)
			}
			if test.err != nil && (err == nil || err.Error() != test.err.Error()) {
				t.Errorf("the error is %v, not %v", err, test.err)
			}
			if test.world.created != test.created {
				t.Errorf("it was tried %d times, not %d", test.world.created, test.created)
			}
		})
	}
}

// The clock of this machine may be wrong by hours: the API's counts, as its answers tell it.
func TestCreationByTheClockOfTheAPI(t *testing.T) {
	behind := time.Now().Add(-3 * time.Hour)
	api, _ := served(t, func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("Date", behind.UTC().Format(http.TimeFormat))
		answer(http.StatusOK, meshAnswer)(writer, request)
	})
	there := thereSince(behind)
	found, err := Creation[MeshFields]{
		Create:    func(context.Context) (MeshFields, error) { return MeshFields{}, errLost },
		Find:      func(context.Context) (*MeshFields, error) { return there, readMesh(api) },
		CreatedAt: func(mesh MeshFields) string { return mesh.CreatedAt },
	}.Once(context.Background(), api)
	if err != nil || found.Id != there.Id {
		t.Errorf("%v, %v", found, err)
	}
}
