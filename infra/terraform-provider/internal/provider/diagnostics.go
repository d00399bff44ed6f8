package provider

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// attributes tells which attributes there are: a plan, a configuration or a state.
type attributes interface {
	PathMatches(context.Context, path.Expression) (path.Paths, diag.Diagnostics)
}

// fail tells what the API said, at the attribute that it blamed, if it did.
//
// doing says what was tried, such as "create the mesh".
func fail(ctx context.Context, diags *diag.Diagnostics, of attributes, doing string, err error) {
	var refusal *client.Error
	var uncertain *client.UncertainError
	switch {
	case errors.As(err, &uncertain):
		diags.AddError("Cannot "+doing, err.Error()+"\n\nLook whether it is there before you apply again, and import it if it is.")
	case !errors.As(err, &refusal):
		diags.AddError("Cannot "+doing, err.Error())
	default:
		summary := fmt.Sprintf("Cannot %s: %s", doing, refusal.Code)
		at, within, ok := namedAttribute(ctx, of, refusal)
		switch {
		case !ok:
			diags.AddError(summary, refusal.Message)
		case within.Equal(at):
			diags.AddAttributeError(at, summary, refusal.Message)
		default:
			diags.AddAttributeError(at, summary, fmt.Sprintf("%s\n\nIt is about %s.", refusal.Message, within))
		}
	}
}

// namedAttribute is the one that the API blames, or the element of a list that it is in: Terraform finds the
// line of nothing that lies deeper, and a set has no places. Some resources hold at their root what the API has
// a level below. within is where exactly.
func namedAttribute(ctx context.Context, of attributes, refusal *client.Error) (at, within path.Path, ok bool) {
	if of == nil || refusal.Field == "" {
		return path.Empty(), path.Empty(), false
	}
	steps := strings.Split(strings.TrimPrefix(refusal.Field, "input."), ".")
	for from := range min(len(steps), 2) {
		whole := steps[from:]
		ends := []int{1}
		if len(whole) > 1 && isPosition(whole[1]) {
			ends = []int{2, 1}
		}
		for _, end := range ends {
			at := attributePath(whole[:end])
			found, diags := of.PathMatches(ctx, at.Expression())
			if !diags.HasError() && len(found) > 0 {
				return at, attributePath(whole), true
			}
		}
	}
	return path.Empty(), path.Empty(), false
}

func isPosition(step string) bool {
	_, err := strconv.Atoi(step)
	return err == nil
}

var upper = regexp.MustCompile(`[A-Z]`)

// attributePath reads a field of the API, such as windows.0.timeZone, as windows[0].time_zone.
func attributePath(steps []string) path.Path {
	at := path.Empty()
	for index, step := range steps {
		name := upper.ReplaceAllStringFunc(step, func(letter string) string { return "_" + strings.ToLower(letter) })
		position, err := strconv.Atoi(step)
		switch {
		case index == 0:
			at = path.Root(name)
		case err == nil:
			at = at.AtListIndex(position)
		default:
			at = at.AtName(name)
		}
	}
	return at
}

// isGone says whether what was asked for is not there, or not there any more.
func isGone(err error) bool { return client.HasCode(err, "NOT_FOUND") }
