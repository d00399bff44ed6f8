package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// emptyFile takes all of a mesh's configuration away: a bundle has to have a file.
const (
	emptyFile    = "empty.yaml"
	emptyContent = "# Taken away on purpose.\n"
)

// head is the id of the release that the mesh is headed for. Empty before the first.
func (r *configurationResource) head(ctx context.Context, meshID string) (string, error) {
	read, err := client.ReadHead(ctx, r.client, meshID)
	if err != nil || read.Mesh.HeadRelease == nil {
		return "", err
	}
	return read.Mesh.HeadRelease.Id, nil
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
