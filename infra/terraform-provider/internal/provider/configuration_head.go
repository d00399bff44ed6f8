package provider

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// emptyFile takes all of a mesh's configuration away: a bundle has to have a file.
const (
	emptyFile    = "empty.yaml"
	emptyContent = "# Taken away on purpose.\n"
)

// head is the id of the release that the mesh is headed for, as the API sees it too: what was last
// rolled out and not aborted, or was made since and waits for its rollout. Empty before the first.
func (r *configurationResource) head(ctx context.Context, meshID string) (string, error) {
	read, err := client.ReadHead(ctx, r.client, meshID)
	if err != nil {
		return "", err
	}
	mesh := read.Mesh
	if len(mesh.Releases.Edges) == 0 {
		return "", nil
	}
	latest := mesh.Releases.Edges[0].Node
	started := false
	for _, edge := range mesh.Rollouts.Edges {
		started = started || edge.Node.Release.Id == latest.Id
	}
	for _, edge := range mesh.Rollouts.Edges {
		if edge.Node.State == client.RolloutStateAborted {
			continue
		}
		if isLater(latest.CreatedAt, edge.Node.CreatedAt) && !started {
			return latest.Id, nil
		}
		return edge.Node.Release.Id, nil
	}
	return latest.Id, nil
}

func isLater(one, other string) bool {
	first, firstErr := time.Parse(time.RFC3339, one)
	second, secondErr := time.Parse(time.RFC3339, other)
	return firstErr == nil && secondErr == nil && first.After(second)
}

// readFiles takes the files of a release that are in the folder. False: there are none.
func (r *configurationResource) readFiles(ctx context.Context, state *configurationModel, releaseID string) (bool, error) {
	read, err := client.ReadReleaseFiles(ctx, r.client, releaseID)
	if err != nil || read.Node == nil {
		return false, err
	}
	release, isRelease := (*read.Node).(*client.ReadReleaseFilesNodeRelease)
	if !isRelease {
		return false, nil
	}
	prefix := ""
	if folder := state.Folder.ValueString(); folder != "" {
		prefix = folder + "/"
	}
	files := map[string]string{}
	for _, file := range release.Files {
		if name, isOurs := strings.CutPrefix(file.Path, prefix); isOurs {
			files[name] = file.Content
		}
	}
	isTakenAway := prefix == "" && len(files) == 1 && files[emptyFile] == emptyContent
	if len(files) == 0 || isTakenAway {
		return false, nil
	}
	if found := mapOf(files); !found.Equal(state.Files) {
		state.Files = found
		state.ReleaseID = types.StringValue(release.Id)
		state.ReleaseNumber = types.Int64Value(int64(release.Number))
		state.RolloutID = types.StringNull()
	}
	if state.Message.IsNull() {
		state.Message = types.StringValue(release.Message)
	}
	return true, nil
}
