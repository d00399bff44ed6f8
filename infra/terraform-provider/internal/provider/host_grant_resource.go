package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type hostGrantResource struct{ apiResource }

var (
	_ resource.ResourceWithConfigure   = (*hostGrantResource)(nil)
	_ resource.ResourceWithIdentity    = (*hostGrantResource)(nil)
	_ resource.ResourceWithImportState = (*hostGrantResource)(nil)
)

func newHostGrantResource() resource.Resource { return &hostGrantResource{} }

type hostGrantModel struct {
	ID         types.String `tfsdk:"id"`
	MeshID     types.String `tfsdk:"mesh_id"`
	Namespace  types.String `tfsdk:"namespace"`
	Service    types.String `tfsdk:"service"`
	ClusterIDs types.Set    `tfsdk:"cluster_ids"`
	CreatedAt  types.String `tfsdk:"created_at"`
}

// hostGrantIdentity is the host: of one there is one grant.
type hostGrantIdentity struct {
	MeshID    types.String `tfsdk:"mesh_id"`
	Namespace types.String `tfsdk:"namespace"`
	Service   types.String `tfsdk:"service"`
}

func (m hostGrantModel) identity() hostGrantIdentity {
	return hostGrantIdentity{MeshID: m.MeshID, Namespace: m.Namespace, Service: m.Service}
}

func (r *hostGrantResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_host_grant"
}

func (r *hostGrantResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaced := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Which clusters may export a host, whoever came first. Without a grant a host is the cluster's that exported it first.",
		Attributes: map[string]schema.Attribute{
			"id": computedOnce("Id that the API gave it."),
			"mesh_id": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				MarkdownDescription: "Id of the mesh. Another one is another grant.",
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{isName},
				MarkdownDescription: "Namespace of the host. Another one is another grant.",
			},
			"service": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{isService},
				MarkdownDescription: "A service of the namespace, or `*` for those that have no grant of their own. Another one is another grant.",
			},
			"cluster_ids": schema.SetAttribute{
				ElementType:         types.StringType,
				Required:            true,
				MarkdownDescription: "Ids of the clusters that may export it; an empty set means every cluster of the mesh. Changed in place.",
			},
			"created_at": computedOnce("When it was made."),
		},
	}
}

func (r *hostGrantResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf(map[string]string{
		"mesh_id": "Id of the mesh.", "namespace": "Namespace of the host.", "service": "A service of the namespace, or `*`.",
	})
}

func (r *hostGrantResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := hostGrantIdentity{}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	} else {
		parts := strings.Split(req.ID, "/")
		if len(parts) != 3 {
			resp.Diagnostics.AddError("Wrong id", fmt.Sprintf("%q is not mesh_…/namespace/service", req.ID))
			return
		}
		id = hostGrantIdentity{MeshID: types.StringValue(parts[0]), Namespace: types.StringValue(parts[1]), Service: types.StringValue(parts[2])}
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("mesh_id"), id.MeshID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("namespace"), id.Namespace)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("service"), id.Service)...)
}

func (r *hostGrantResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan hostGrantModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// The API would put ours in the place of somebody else's.
	there, err := r.find(ctx, plan)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "look for the host's grant", err)
		return
	}
	if there != nil {
		id := plan.identity()
		resp.Diagnostics.AddError("The host has a grant already", fmt.Sprintf("Import it to manage it: its id is %s/%s/%s.",
			id.MeshID.ValueString(), id.Namespace.ValueString(), id.Service.ValueString()))
		return
	}
	if err := r.grant(ctx, &plan); err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "grant the host", err)
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, plan.identity())...)
}

// grant puts the grant in the place of the one that there may be.
func (r *hostGrantResource) grant(ctx context.Context, model *hostGrantModel) error {
	made, err := client.GrantHost(ctx, r.client, client.GrantHostInput{
		MeshId:     model.MeshID.ValueString(),
		Namespace:  model.Namespace.ValueString(),
		Service:    model.Service.ValueString(),
		ClusterIds: stringsOf(model.ClusterIDs.Elements()),
	})
	if err != nil {
		return err
	}
	model.read(made.GrantHost.HostGrant)
	return nil
}

// find is nil for a host that has no grant.
func (r *hostGrantResource) find(ctx context.Context, model hostGrantModel) (*client.HostGrantFields, error) {
	read, err := client.ReadHostGrant(ctx, r.client, model.MeshID.ValueString(), model.Namespace.ValueString(), model.Service.ValueString())
	if err != nil {
		return nil, err
	}
	return read.Mesh.HostGrant, nil
}

func (r *hostGrantResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state hostGrantModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	grant, err := r.find(ctx, state)
	if isGone(err) || (err == nil && grant == nil) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read the host's grant", err)
		return
	}
	state.read(*grant)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, state, state.identity())...)
}

func (r *hostGrantResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan hostGrantModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := r.grant(ctx, &plan); err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "grant the host", err)
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, plan.identity())...)
}

func (r *hostGrantResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state hostGrantModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := client.RevokeHostGrant(ctx, r.client, client.RevokeHostGrantInput{Id: state.ID.ValueString()})
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "revoke the host's grant", err)
	}
}

func (m *hostGrantModel) read(grant client.HostGrantFields) {
	m.ID = types.StringValue(grant.Id)
	m.ClusterIDs = setOf(grant.ClusterIds)
	m.CreatedAt = types.StringValue(grant.CreatedAt)
}
