package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type clusterDataSource struct{ apiDataSource }

var (
	_ datasource.DataSourceWithConfigure        = (*clusterDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*clusterDataSource)(nil)
)

func newClusterDataSource() datasource.DataSource { return &clusterDataSource{} }

type clusterDetailModel struct {
	ID                types.String       `tfsdk:"id"`
	MeshID            types.String       `tfsdk:"mesh_id"`
	Name              types.String       `tfsdk:"name"`
	Network           types.String       `tfsdk:"network"`
	Locality          types.String       `tfsdk:"locality"`
	Cidrs             types.Set          `tfsdk:"cidrs"`
	Labels            types.Map          `tfsdk:"labels"`
	Channel           types.String       `tfsdk:"channel"`
	Status            types.String       `tfsdk:"status"`
	LockReason        types.String       `tfsdk:"lock_reason"`
	AgentVersion      types.String       `tfsdk:"agent_version"`
	AgentState        types.String       `tfsdk:"agent_state"`
	AgentMessage      types.String       `tfsdk:"agent_message"`
	WantedAgent       types.String       `tfsdk:"wanted_agent_version"`
	KubernetesVersion types.String       `tfsdk:"kubernetes_version"`
	IstioVersions     types.List         `tfsdk:"istio_versions"`
	LastContactAt     types.String       `tfsdk:"last_contact_at"`
	CreatedAt         types.String       `tfsdk:"created_at"`
	Joined            types.Bool         `tfsdk:"joined"`
	Joining           []joiningStepModel `tfsdk:"joining"`
}

type joiningStepModel struct {
	Name    types.String `tfsdk:"name"`
	State   types.String `tfsdk:"state"`
	Message types.String `tfsdk:"message"`
	Remedy  types.String `tfsdk:"remedy"`
}

func (d *clusterDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster"
}

func (d *clusterDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A cluster, by its id, or by its mesh and its name: what it was registered as, what its agent has told, and how far it has come in joining. " +
			"What the agent's chart needs comes from the data source `isthmus_agent_installation` and the ephemeral resource `isthmus_join_token`.",
		Attributes: map[string]schema.Attribute{
			"id":       wantedOrTold("Id of the cluster; this or `mesh_id` and `name`."),
			"mesh_id":  wantedOrTold("Id of the mesh; with `name`."),
			"name":     wantedOrTold("Its name; with `mesh_id`."),
			"network":  told("Within a network, workloads reach each other directly."),
			"locality": told("Region, region/zone or region/zone/subzone."),
			"cidrs": schema.SetAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "What the addresses of its endpoints must lie in; empty: anywhere.",
			},
			"labels": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "By which configuration, rollouts and upgrades select it.",
			},
			"channel":              told("Of its upgrades of Istio: " + wordsOf(client.AllUpgradeChannel) + ". Null: people plan them, or the agent has not told yet."),
			"status":               told("How it stands with the plane: " + wordsOf(client.AllClusterStatus) + "."),
			"lock_reason":          told("Why it is locked; null if it is not."),
			"agent_version":        told("Of its agent; null before it has come."),
			"agent_state":          told("How its agent stands with the version that the mesh wants: " + wordsOf(client.AllAgentState) + ". Null for a cluster that was removed."),
			"agent_message":        told("The same in words; null when there is nothing to say."),
			"wanted_agent_version": told("Version that the mesh wants; null: none."),
			"kubernetes_version":   told("Null until its agent has told."),
			"istio_versions":       toldTexts("Of its istiods; empty when unknown."),
			"last_contact_at":      told("When its agent was last heard of; null before it has come."),
			"created_at":           told("When it was registered."),
			"joined":               schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every step of joining is done."},
			"joining": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "How far it has come in joining its mesh, and what keeps it.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name":    told("The step: " + wordsOf(client.AllJoiningStepName) + "."),
					"state":   told(wordsOf(client.AllJoiningState) + "."),
					"message": told("What it means, in words."),
					"remedy":  told("What to do; null when there is nothing to do."),
				}},
			},
		},
	}
}

func (d *clusterDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("name")),
		datasourcevalidator.RequiredTogether(path.MatchRoot("mesh_id"), path.MatchRoot("name")),
	}
}

func (d *clusterDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config clusterDetailModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !config.ID.IsNull() {
		read, err := client.ReadClusterDetail(ctx, d.client, config.ID.ValueString())
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.Config, "read the cluster", err)
			return
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, toClusterDetail(read.Cluster))...)
		return
	}
	read, err := client.ReadClusterDetailNamed(ctx, d.client, config.MeshID.ValueString(), config.Name.ValueString())
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the cluster", err)
		return
	}
	if read.Mesh.Cluster == nil {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "No such cluster", "There is no cluster '"+config.Name.ValueString()+"' in the mesh.")
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, toClusterDetail(*read.Mesh.Cluster))...)
}

func toClusterDetail(cluster client.ClusterDetailFields) clusterDetailModel {
	known := toCluster(cluster.ClusterFields)
	model := clusterDetailModel{
		ID:                known.ID,
		MeshID:            known.MeshID,
		Name:              known.Name,
		Network:           known.Network,
		Locality:          known.Locality,
		Cidrs:             known.Cidrs,
		Labels:            known.Labels,
		Channel:           known.Channel,
		CreatedAt:         known.CreatedAt,
		Status:            types.StringValue(string(cluster.Status)),
		LockReason:        types.StringPointerValue(cluster.LockReason),
		AgentVersion:      types.StringPointerValue(cluster.AgentVersion),
		KubernetesVersion: types.StringPointerValue(cluster.KubernetesVersion),
		IstioVersions:     listOf(cluster.IstioVersions),
		LastContactAt:     types.StringPointerValue(cluster.LastContactAt),
		Joined:            types.BoolValue(cluster.Joining.Done),
		Joining:           []joiningStepModel{},
	}
	if cluster.Agent != nil {
		model.AgentState = types.StringValue(string(cluster.Agent.State))
		model.AgentMessage = types.StringPointerValue(cluster.Agent.Message)
		model.WantedAgent = types.StringPointerValue(cluster.Agent.Wanted)
	}
	for _, step := range cluster.Joining.Steps {
		model.Joining = append(model.Joining, joiningStepModel{
			Name:    types.StringValue(string(step.Name)),
			State:   types.StringValue(string(step.State)),
			Message: types.StringValue(step.Message),
			Remedy:  types.StringPointerValue(step.Remedy),
		})
	}
	return model
}

type clustersDataSource struct{ apiDataSource }

var _ datasource.DataSourceWithConfigure = (*clustersDataSource)(nil)

func newClustersDataSource() datasource.DataSource { return &clustersDataSource{} }

type clustersModel struct {
	MeshID   types.String          `tfsdk:"mesh_id"`
	Status   types.String          `tfsdk:"status"`
	Labels   types.Map             `tfsdk:"labels"`
	Clusters []clusterSummaryModel `tfsdk:"clusters"`
}

type clusterSummaryModel struct {
	ID       types.String `tfsdk:"id"`
	Name     types.String `tfsdk:"name"`
	Network  types.String `tfsdk:"network"`
	Locality types.String `tfsdk:"locality"`
	Labels   types.Map    `tfsdk:"labels"`
	Status   types.String `tfsdk:"status"`
}

func (d *clustersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_clusters"
}

func (d *clustersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The clusters of a mesh; those that were removed are not among them.",
		Attributes: map[string]schema.Attribute{
			"mesh_id": wanted("Id of the mesh."),
			"status": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.OneOf(enumTexts(client.AllClusterStatus)...)},
				MarkdownDescription: "Only those of this status; all unless said.",
			},
			"labels": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Only those that have all of these labels; all unless said.",
			},
			"clusters": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "In the order in which they were registered.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":       told("Id of the cluster."),
					"name":     told("Its name."),
					"network":  told("Within a network, workloads reach each other directly."),
					"locality": told("Region, region/zone or region/zone/subzone."),
					"labels": schema.MapAttribute{
						ElementType: types.StringType, Computed: true,
						MarkdownDescription: "By which configuration, rollouts and upgrades select it.",
					},
					"status": told("How it stands with the plane: " + wordsOf(client.AllClusterStatus) + "."),
				}},
			},
		},
	}
}

func (d *clustersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config clustersModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	clusters, err := allClusters(ctx, d.client, config.MeshID.ValueString())
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the clusters", err)
		return
	}
	config.Clusters = []clusterSummaryModel{}
	for _, cluster := range clusters {
		labels := labelsOf(cluster)
		if !hasLabels(labels, config.Labels) || (!config.Status.IsNull() && config.Status.ValueString() != string(cluster.Status)) {
			continue
		}
		config.Clusters = append(config.Clusters, clusterSummaryModel{
			ID:       types.StringValue(cluster.Id),
			Name:     types.StringValue(cluster.Name),
			Network:  types.StringValue(cluster.Network),
			Locality: types.StringValue(cluster.Locality),
			Labels:   labels,
			Status:   types.StringValue(string(cluster.Status)),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

func hasLabels(labels, wanted types.Map) bool {
	for key, value := range wanted.Elements() {
		if found, isThere := labels.Elements()[key]; !isThere || !found.Equal(value) {
			return false
		}
	}
	return true
}
