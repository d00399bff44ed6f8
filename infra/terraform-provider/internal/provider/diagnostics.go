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

// fail tells what the API said, at the attribute that it named, if it did.
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
		if at, ok := namedAttribute(ctx, of, refusal); ok {
			diags.AddAttributeError(at, summary, refusal.Message)
		} else {
			diags.AddError(summary, refusal.Message)
		}
	}
}

// A message of the API about a field begins with it, such as `windows[0].opens must be HH:MM`.
var leadingField = regexp.MustCompile(`^([a-z][A-Za-z]*(?:\[\d+\])?(?:\.[a-z][A-Za-z]*(?:\[\d+\])?)*)(?::| must| has| may) `)

// ofPolicy are the fields of an upgrade's policy, which its errors name without it.
const ofPolicy = "UPGRADE_POLICY_INVALID"

func namedAttribute(ctx context.Context, of attributes, refusal *client.Error) (path.Path, bool) {
	named := leadingField.FindStringSubmatch(refusal.Message)
	if of == nil || named == nil {
		return path.Empty(), false
	}
	field := named[1]
	if refusal.Code == ofPolicy {
		field = "policy." + field
	}
	at := attributePath(field)
	if found, diags := of.PathMatches(ctx, at.Expression()); diags.HasError() || len(found) == 0 {
		return path.Empty(), false
	}
	return at, true
}

var upper = regexp.MustCompile(`[A-Z]`)

// attributePath reads a field of the API, such as windows[0].timeZone, as windows[0].time_zone.
func attributePath(field string) path.Path {
	at := path.Empty()
	for index, step := range strings.Split(field, ".") {
		name, position, hasPosition := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		name = upper.ReplaceAllStringFunc(name, func(letter string) string { return "_" + strings.ToLower(letter) })
		if index == 0 {
			at = path.Root(name)
		} else {
			at = at.AtName(name)
		}
		if number, err := strconv.Atoi(position); hasPosition && err == nil {
			at = at.AtListIndex(number)
		}
	}
	return at
}

// isGone says whether what was asked for is not there, or not there any more.
func isGone(err error) bool { return client.HasCode(err, "NOT_FOUND") }
