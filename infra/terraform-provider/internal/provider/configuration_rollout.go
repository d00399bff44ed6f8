package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

const pollEvery = 2 * time.Second

// release makes the release, and starts its rollout if one is wanted; the model says which they are.
func (r *configurationResource) release(ctx context.Context, model *configurationModel, files []client.ConfigurationFileInput) error {
	isRolledOut := model.Rollout.ValueBool()
	isStarted := isRolledOut && !model.Supersede.ValueBool()
	applied, err := client.ApplyConfiguration(ctx, r.client, client.ApplyConfigurationInput{
		MeshId:  model.MeshID.ValueString(),
		Folder:  model.Folder.ValueStringPointer(),
		Files:   files,
		Message: model.Message.ValueString(),
		Rollout: &isStarted,
	})
	if err != nil {
		return err
	}
	made := applied.ApplyConfiguration
	rollout := made.Rollout
	if isRolledOut && !isStarted {
		supersede := true
		started, err := client.StartRollout(ctx, r.client, client.StartRolloutInput{
			MeshId: model.MeshID.ValueString(), ReleaseId: made.Release.Id, Message: model.Message.ValueStringPointer(), Supersede: &supersede,
		})
		if err != nil {
			return err
		}
		rollout = started.StartRollout.Rollout
	}
	model.ReleaseID = types.StringValue(made.Release.Id)
	model.ReleaseNumber = types.Int64Value(int64(made.Release.Number))
	model.RolloutID = types.StringNull()
	if rollout != nil {
		model.RolloutID = types.StringValue(rollout.Id)
	}
	return nil
}

// await waits until the rollout has come to an end, if that is wanted.
func (r *configurationResource) await(ctx context.Context, diags *diag.Diagnostics, model configurationModel, wait time.Duration) {
	if !model.WaitForRollout.ValueBool() || model.RolloutID.IsNull() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	last := ""
	for {
		read, err := client.ReadRollout(ctx, r.client, model.RolloutID.ValueString())
		if err != nil && ctx.Err() == nil {
			fail(ctx, diags, nil, "read the rollout", err)
			return
		}
		if err == nil && read.Node != nil {
			rollout, isRollout := (*read.Node).(*client.ReadRolloutNodeRollout)
			if !isRollout || rollout.State == client.RolloutStateCompleted {
				return
			}
			if rollout.State == client.RolloutStateHalted || rollout.State == client.RolloutStateAborted {
				diags.AddError(fmt.Sprintf("The rollout of release %d is %s", model.ReleaseNumber.ValueInt64(), rollout.State), wordsOfRollout(rollout.RolloutFields))
				return
			}
			last = fmt.Sprintf("%s. %s", rollout.State, wordsOfRollout(rollout.RolloutFields))
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			diags.AddError(fmt.Sprintf("The rollout of release %d is not through in time", model.ReleaseNumber.ValueInt64()),
				fmt.Sprintf("After %s it is %s\n\nIt goes on. Give it more in `timeouts`, or do not wait for it.", wait, last))
			return
		}
	}
}

func wordsOfRollout(rollout client.RolloutFields) string {
	words := []string{}
	for _, part := range []*string{rollout.Reason, rollout.Detail} {
		if part != nil {
			words = append(words, *part)
		}
	}
	return strings.Join(words, ": ")
}
