package provider

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type joinTokenEphemeral struct{ apiEphemeral }

var _ ephemeral.EphemeralResourceWithConfigure = (*joinTokenEphemeral)(nil)

func newJoinTokenEphemeral() ephemeral.EphemeralResource { return &joinTokenEphemeral{} }

type joinTokenModel struct {
	ClusterID   types.String `tfsdk:"cluster_id"`
	Rejoin      types.Bool   `tfsdk:"rejoin"`
	Token       types.String `tfsdk:"token"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
	HelmCommand types.String `tfsdk:"helm_command"`
	Chart       types.String `tfsdk:"chart"`
	HubAddress  types.String `tfsdk:"hub_address"`
	HubCABundle types.String `tfsdk:"hub_ca_bundle"`
}

func (e *joinTokenEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_join_token"
}

func (e *joinTokenEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	secret := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A token with which the agent of a cluster joins, once and within the hour, and what else its chart needs, which the data source `isthmus_agent_installation` " +
			"tells without a token. It stands in no state and no plan.\n\n" +
			"It is made anew whenever Terraform opens it, which voids an earlier one that was not used: a plan does, and the apply that follows does again. " +
			"For a cluster whose agent has come already nothing is made, and everything but `cluster_id` is null, unless `rejoin` is set.",
		Attributes: map[string]schema.Attribute{
			"cluster_id": schema.StringAttribute{Required: true, MarkdownDescription: "Id of the cluster."},
			"rejoin": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Makes a token although the agent has come already, such as after its certificate was voided; false unless said.",
			},
			"token":         secret("The chart's `joinToken`."),
			"expires_at":    computed("When the token ends."),
			"helm_command":  secret("What to run once, with the kubeconfig of the cluster."),
			"chart":         computed("The agent's chart, as Helm takes it: a folder, an address or a name."),
			"hub_address":   computed("The chart's `hub.address`: host:port that the agent dials."),
			"hub_ca_bundle": computed("What the hub is verified with, PEM. The chart's `hub.caBundle` is this in base64."),
		},
	}
}

func (e *joinTokenEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model joinTokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !model.Rejoin.ValueBool() {
		cluster, err := client.ReadCluster(ctx, e.client, model.ClusterID.ValueString())
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.Config, "read the cluster", err)
			return
		}
		if cluster.Cluster.Status != client.ClusterStatusPending {
			resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
			return
		}
	}
	made, err := client.CreateJoinToken(ctx, e.client, client.CreateJoinTokenInput{ClusterId: model.ClusterID.ValueString()})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "make a join token", err)
		return
	}
	installation, err := client.ReadAgentInstallation(ctx, e.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read how agents are installed", err)
		return
	}
	agent, payload := installation.AgentInstallation, made.CreateJoinToken
	model.Token = types.StringValue(payload.JoinToken.Secret)
	model.ExpiresAt = types.StringValue(payload.JoinToken.ExpiresAt)
	model.HelmCommand = types.StringValue(payload.HelmCommand)
	model.Chart = types.StringValue(agent.Chart)
	model.HubAddress = types.StringValue(agent.HubAddress)
	model.HubCABundle = types.StringValue(agent.HubCa)
	resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
}

type apiTokenEphemeral struct{ apiEphemeral }

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*apiTokenEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*apiTokenEphemeral)(nil)
)

func newAPITokenEphemeral() ephemeral.EphemeralResource { return &apiTokenEphemeral{} }

type apiTokenEphemeralModel struct {
	Name     types.String `tfsdk:"name"`
	Role     types.String `tfsdk:"role"`
	Lifetime types.String `tfsdk:"lifetime"`
	ID       types.String `tfsdk:"id"`
	Secret   types.String `tfsdk:"secret"`
}

const defaultTokenLifetime = time.Hour

func (e *apiTokenEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_token"
}

func (e *apiTokenEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An API token for as long as Terraform runs: it is made as it is needed, and revoked as Terraform is done with it. " +
			"Its secret stands in no state and no plan. Only people make tokens: the provider's own `token` has to be a person's session token.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "What people know it by.",
			},
			"role": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{oneOf(client.AllRole)},
				MarkdownDescription: "What it may do, at most what its maker may: " + wordsOf(client.AllRole) + ".",
			},
			"lifetime": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isDuration},
				MarkdownDescription: "When it ends even if nobody revokes it, such as `30m`; `1h` unless said.",
			},
			"id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Id that the API gave it."},
			"secret": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "What a program sends as `Authorization: Bearer …`."},
		},
	}
}

const tokenIDKey = "id"

func (e *apiTokenEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model apiTokenEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	lifetime, err := time.ParseDuration(model.Lifetime.ValueString())
	if err != nil {
		lifetime = defaultTokenLifetime
	}
	made, err := client.CreateApiToken(ctx, e.client, client.CreateApiTokenInput{
		Name:      model.Name.ValueString(),
		Role:      client.Role(model.Role.ValueString()),
		ExpiresAt: e.client.TheirTime(time.Now().Add(lifetime)).UTC().Format(time.RFC3339),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "create the API token", err)
		return
	}
	token := made.CreateApiToken
	model.ID = types.StringValue(token.ApiToken.Id)
	model.Secret = types.StringValue(token.Secret)
	resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, tokenIDKey, []byte(`"`+token.ApiToken.Id+`"`))...)
}

func (e *apiTokenEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	kept, diags := req.Private.GetKey(ctx, tokenIDKey)
	resp.Diagnostics.Append(diags...)
	var id string
	if err := json.Unmarshal(kept, &id); err != nil {
		return
	}
	if err := revokeAPIToken(ctx, e.client, id); err != nil {
		fail(ctx, &resp.Diagnostics, nil, "revoke the API token", err)
	}
}
