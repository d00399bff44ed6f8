package provider

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// duplicateObject may be gone by the time of the apply: as a file moves from one folder to another,
// the plan finds its objects in both.
const duplicateObject = "DuplicateObject"

// releasesTheSame says whether nothing is released anew: only how to do so, or why, is another.
func (m configurationModel) releasesTheSame(state configurationModel) bool {
	return !state.MeshID.IsNull() && m.MeshID.Equal(state.MeshID) && m.Folder.Equal(state.Folder) &&
		m.Files.Equal(state.Files) && m.Rollout.Equal(state.Rollout)
}

func isKnown(files types.Map) bool {
	for _, content := range files.Elements() {
		if content.IsUnknown() {
			return false
		}
	}
	return !files.IsUnknown()
}

func tellProblems(diags *diag.Diagnostics, of configurationModel, problems []client.ProblemFields) {
	for _, problem := range problems {
		at := path.Root("files")
		place := ""
		if problem.Path != nil {
			place = *problem.Path
			at = of.fileAttribute(place)
		}
		if problem.Line != nil {
			place = fmt.Sprintf("%s:%d: ", place, *problem.Line)
		}
		detail := fmt.Sprintf("%s%s; %s", place, problem.Message, problem.Remedy)
		if problem.Severity == client.ProblemSeverityError && problem.Code != duplicateObject {
			diags.AddAttributeError(at, problem.Code, detail)
		} else {
			diags.AddAttributeWarning(at, problem.Code, detail)
		}
	}
}

// fileAttribute is where a file of the bundle stands; the API counts the folder to its path.
func (m configurationModel) fileAttribute(name string) path.Path {
	at := path.Root("files")
	if folder := m.Folder.ValueString(); folder != "" {
		name = strings.TrimPrefix(name, folder+"/")
	}
	if _, isOurs := m.Files.Elements()[name]; isOurs {
		return at.AtMapKey(name)
	}
	return at
}

func (m configurationModel) fileInputs() []client.ConfigurationFileInput {
	inputs := []client.ConfigurationFileInput{}
	for name, value := range m.Files.Elements() {
		if content, ok := value.(types.String); ok {
			inputs = append(inputs, client.ConfigurationFileInput{Path: name, Content: content.ValueString()})
		}
	}
	sort.Slice(inputs, func(a, b int) bool { return inputs[a].Path < inputs[b].Path })
	return inputs
}

func (r *configurationResource) fail(ctx context.Context, diags *diag.Diagnostics, of attributes, model configurationModel, err error) {
	var refusal *client.Error
	if !errors.As(err, &refusal) || len(refusal.Problems) == 0 {
		fail(ctx, diags, of, "release the files", err)
		return
	}
	for _, problem := range refusal.Problems {
		diags.AddAttributeError(model.fileAttribute(problem.Path), problem.Code,
			fmt.Sprintf("%s:%d: %s; %s", problem.Path, problem.Line, problem.Message, problem.Remedy))
	}
}
