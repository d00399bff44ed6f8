package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type agentInstallationDataSource struct{ apiDataSource }

var _ datasource.DataSourceWithConfigure = (*agentInstallationDataSource)(nil)

func newAgentInstallationDataSource() datasource.DataSource { return &agentInstallationDataSource{} }

type agentInstallationModel struct {
	Chart        types.String `tfsdk:"chart"`
	ChartVersion types.String `tfsdk:"chart_version"`
	ReleaseName  types.String `tfsdk:"release_name"`
	Namespace    types.String `tfsdk:"namespace"`
	HubAddress   types.String `tfsdk:"hub_address"`
	HubCABundle  types.String `tfsdk:"hub_ca_bundle"`
	HelmCommand  types.String `tfsdk:"helm_command"`
}

func (d *agentInstallationDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_agent_installation"
}

func (d *agentInstallationDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What the agent's chart is installed with, the same in every cluster. Nothing of it is secret: the join token comes from the ephemeral resource `isthmus_join_token`.",
		Attributes: map[string]schema.Attribute{
			"chart":         told("The agent's chart, as Helm takes it: a folder, an address or a name."),
			"chart_version": told("Of the chart; null: the newest."),
			"release_name":  told("Of the Helm release."),
			"namespace":     told("Of the Helm release."),
			"hub_address":   told("The chart's `hub.address`: host:port that the agent dials."),
			"hub_ca_bundle": told("What the hub is verified with, PEM. The chart's `hub.caBundle` is this in base64."),
			"helm_command":  told("What installs the agent in a shell that has the join token in `ISTHMUS_JOIN_TOKEN`."),
		},
	}
}

func (d *agentInstallationDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	read, err := client.ReadAgentInstallation(ctx, d.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read how agents are installed", err)
		return
	}
	agent := read.AgentInstallation
	resp.Diagnostics.Append(resp.State.Set(ctx, agentInstallationModel{
		Chart:        types.StringValue(agent.Chart),
		ChartVersion: types.StringPointerValue(agent.ChartVersion),
		ReleaseName:  types.StringValue(agent.ReleaseName),
		Namespace:    types.StringValue(agent.Namespace),
		HubAddress:   types.StringValue(agent.HubAddress),
		HubCABundle:  types.StringValue(agent.HubCa),
		HelmCommand:  types.StringValue(agent.HelmCommand),
	})...)
}
