package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type clusterResource struct {
	apiResource
	identifiedByID
}

var (
	_ resource.ResourceWithConfigure   = (*clusterResource)(nil)
	_ resource.ResourceWithIdentity    = (*clusterResource)(nil)
	_ resource.ResourceWithImportState = (*clusterResource)(nil)
)

func newClusterResource() resource.Resource { return &clusterResource{} }

type clusterModel struct {
	ID        types.String `tfsdk:"id"`
	MeshID    types.String `tfsdk:"mesh_id"`
	Name      types.String `tfsdk:"name"`
	Network   types.String `tfsdk:"network"`
	Locality  types.String `tfsdk:"locality"`
	Cidrs     types.Set    `tfsdk:"cidrs"`
	Labels    types.Map    `tfsdk:"labels"`
	Channel   types.String `tfsdk:"channel"`
	CreatedAt types.String `tfsdk:"created_at"`
}

func (r *clusterResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster"
}

func (r *clusterResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaced := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A place for a cluster in a mesh. Its agent takes it with a join token, which the ephemeral resource " +
			"`isthmus_join_token` makes: no state ever holds one. Destroying it turns the agent away and withdraws the cluster's exports; " +
			"what is in the cluster stays until its chart is uninstalled.",
		Attributes: map[string]schema.Attribute{
			"id": computedOnce("Id that the API gave it."),
			"mesh_id": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				MarkdownDescription: "Id of the mesh. A cluster moves to no other one: it is registered anew.",
			},
			"name": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{isName},
				MarkdownDescription: "An RFC 1123 label, unique in the mesh. Another name is another cluster, whose agent joins anew.",
			},
			"network": schema.StringAttribute{
				Required:   true,
				Validators: []validator.String{isName},
				MarkdownDescription: "Within a network, workloads reach each other directly. As in `topology.istio.io/network`. Changed in place: the cluster has other neighbours then. " +
					"Its agent labels `istio-system` anew, unless somebody else did; its east-west gateways are yours to relabel.",
			},
			"locality": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{isLocality},
				MarkdownDescription: "Region, region/zone or region/zone/subzone, such as `eu-central-1/a`. Changed in place.",
			},
			"cidrs": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				Default:             setdefault.StaticValue(setOf(nil)),
				Validators:          []validator.Set{setvalidator.SizeAtMost(64), setvalidator.ValueStringsAre(isCIDR)},
				MarkdownDescription: "What the addresses of its endpoints must lie in, such as `10.0.0.0/8`; anywhere unless said. Changed in place.",
			},
			"labels": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				Default:             mapdefault.StaticValue(mapOf(nil)),
				Validators:          append([]validator.Map{mapvalidator.SizeAtMost(64)}, areLabels...),
				MarkdownDescription: "By which configuration, rollouts and upgrades select it, such as `env = \"prod\"`. Changed in place.",
			},
			"channel": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{oneOf(client.AllUpgradeChannel)},
				MarkdownDescription: "Has its upgrades of Istio planned as the channel has newer versions: " + wordsOf(client.AllUpgradeChannel) +
					". People plan them unless said. Changed in place.",
			},
			"created_at": computedOnce("When it was registered."),
		},
	}
}

func (r *clusterResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan clusterModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cluster, err := r.register(ctx, client.RegisterClusterInput{
		MeshId:   plan.MeshID.ValueString(),
		Name:     plan.Name.ValueString(),
		Network:  plan.Network.ValueString(),
		Locality: plan.Locality.ValueString(),
		Cidrs:    stringsOf(plan.Cidrs.Elements()),
		Labels:   labelInputs(plan.Labels),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "register the cluster", err)
		return
	}
	made := toCluster(cluster)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, made, idModel{made.ID})...)
	if plan.Channel.IsNull() || resp.Diagnostics.HasError() {
		return
	}
	if err := r.setChannel(ctx, made.ID, plan.Channel); err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "set the cluster's channel", err)
		return
	}
	made.Channel = plan.Channel
	resp.Diagnostics.Append(resp.State.Set(ctx, made)...)
}

func (r *clusterResource) register(ctx context.Context, input client.RegisterClusterInput) (client.ClusterFields, error) {
	return client.Creation[client.ClusterFields]{
		Create: func(ctx context.Context) (client.ClusterFields, error) {
			made, err := client.RegisterCluster(ctx, r.client, input)
			if err != nil {
				return client.ClusterFields{}, err
			}
			return made.RegisterCluster.Cluster, nil
		},
		Find: func(ctx context.Context) (*client.ClusterFields, error) {
			read, err := client.ReadClusterNamed(ctx, r.client, input.MeshId, input.Name)
			if err != nil || read.Mesh.Cluster == nil {
				return nil, err
			}
			cluster := read.Mesh.Cluster
			if cluster.Network != input.Network || cluster.Locality != input.Locality || !slices.Equal(cluster.Cidrs, input.Cidrs) {
				return nil, nil
			}
			return cluster, nil
		},
		CreatedAt: func(cluster client.ClusterFields) string { return cluster.CreatedAt },
	}.Once(ctx, r.client)
}

func (r *clusterResource) setChannel(ctx context.Context, id, channel types.String) error {
	_, err := client.SetClusterChannel(ctx, r.client, client.SetClusterChannelInput{
		ClusterId: id.ValueString(),
		Channel:   enumPointer[client.UpgradeChannel](channel),
	})
	return err
}

func (r *clusterResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state clusterModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	read, err := client.ReadCluster(ctx, r.client, state.ID.ValueString())
	if isGone(err) || (err == nil && read.Cluster.RemovedAt != nil) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read the cluster", err)
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, toCluster(read.Cluster), idModel{state.ID})...)
}

func (r *clusterResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state clusterModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Labels.Equal(state.Labels) || !plan.Network.Equal(state.Network) || !plan.Locality.Equal(state.Locality) || !plan.Cidrs.Equal(state.Cidrs) {
		_, err := client.UpdateCluster(ctx, r.client, client.UpdateClusterInput{
			ClusterId: plan.ID.ValueString(),
			Network:   plan.Network.ValueStringPointer(),
			Locality:  plan.Locality.ValueStringPointer(),
			Cidrs:     stringsOf(plan.Cidrs.Elements()),
			Labels:    labelInputs(plan.Labels),
		})
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.Plan, "update the cluster", err)
			return
		}
		state.Network, state.Locality, state.Cidrs, state.Labels = plan.Network, plan.Locality, plan.Cidrs, plan.Labels
		resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, state, idModel{state.ID})...)
	}
	if !plan.Channel.Equal(state.Channel) {
		if err := r.setChannel(ctx, plan.ID, plan.Channel); err != nil {
			fail(ctx, &resp.Diagnostics, req.Plan, "set the cluster's channel", err)
			return
		}
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, idModel{plan.ID})...)
}

func (r *clusterResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state clusterModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := client.RemoveCluster(ctx, r.client, client.RemoveClusterInput{ClusterId: state.ID.ValueString()})
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "remove the cluster", err)
	}
}

// toCluster reads what the API tells.
func toCluster(cluster client.ClusterFields) clusterModel {
	return clusterModel{
		ID:        types.StringValue(cluster.Id),
		MeshID:    types.StringValue(cluster.Mesh.Id),
		Name:      types.StringValue(cluster.Name),
		Network:   types.StringValue(cluster.Network),
		Locality:  types.StringValue(cluster.Locality),
		Cidrs:     setOf(cluster.Cidrs),
		Labels:    labelsOf(cluster),
		Channel:   enumValue(cluster.Channel),
		CreatedAt: types.StringValue(cluster.CreatedAt),
	}
}

func labelsOf(cluster client.ClusterFields) types.Map {
	labels := map[string]string{}
	for _, label := range cluster.Labels {
		labels[label.Key] = label.Value
	}
	return mapOf(labels)
}

func allClusters(ctx context.Context, api *client.Client, meshID string) ([]client.ClusterFields, error) {
	return client.All(func(after *string) (page client.Page[client.ClusterFields], err error) {
		list, err := client.ListClusters(ctx, api, meshID, after)
		if err != nil {
			return page, err
		}
		page.Info = list.Mesh.Clusters.PageInfo
		for _, edge := range list.Mesh.Clusters.Edges {
			page.Items = append(page.Items, edge.Node)
		}
		return page, nil
	})
}
