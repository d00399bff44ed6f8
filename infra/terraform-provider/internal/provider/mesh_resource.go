package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type meshResource struct {
	apiResource
	identifiedByID
}

var (
	_ resource.ResourceWithConfigure   = (*meshResource)(nil)
	_ resource.ResourceWithIdentity    = (*meshResource)(nil)
	_ resource.ResourceWithImportState = (*meshResource)(nil)
)

func newMeshResource() resource.Resource { return &meshResource{} }

type meshModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	TrustDomain types.String `tfsdk:"trust_domain"`
	CreatedAt   types.String `tfsdk:"created_at"`
}

type idModel struct {
	ID types.String `tfsdk:"id"`
}

func (r *meshResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_mesh"
}

func (r *meshResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaced := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A mesh: one trust domain and one set of trust anchors. Destroying it forgets all of its history; its clusters must have been removed, " +
			"which they are where they are resources that refer to it.",
		Attributes: map[string]schema.Attribute{
			"id": computedOnce("Id that the API gave it."),
			"name": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{isName},
				MarkdownDescription: "An RFC 1123 label, unique in the organization. Another name is another mesh.",
			},
			"trust_domain": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString("cluster.local"),
				PlanModifiers:       replaced,
				Validators:          []validator.String{isDomain},
				MarkdownDescription: "What the identities of its workloads begin with; `cluster.local` unless said. Another one is another mesh.",
			},
			"created_at": computedOnce("When it was made."),
		},
	}
}

// computedOnce is what the API decides as something is made, and does not change.
func computedOnce(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: description,
	}
}

func (r *meshResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan meshModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	input := client.CreateMeshInput{Name: plan.Name.ValueString(), TrustDomain: plan.TrustDomain.ValueStringPointer()}
	mesh, err := client.Creation[client.MeshFields]{
		Create: func(ctx context.Context) (client.MeshFields, error) {
			made, err := client.CreateMesh(ctx, r.client, input)
			if err != nil {
				return client.MeshFields{}, err
			}
			return made.CreateMesh.Mesh, nil
		},
		Find: func(ctx context.Context) (*client.MeshFields, error) {
			read, err := client.ReadMeshNamed(ctx, r.client, input.Name)
			if err != nil || read.MeshByName == nil || read.MeshByName.TrustDomain != *input.TrustDomain {
				return nil, err
			}
			return read.MeshByName, nil
		},
		CreatedAt: func(mesh client.MeshFields) string { return mesh.CreatedAt },
	}.Once(ctx, r.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "create the mesh", err)
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, toMesh(mesh), idModel{types.StringValue(mesh.Id)})...)
}

func (r *meshResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state meshModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	read, err := client.ReadMesh(ctx, r.client, state.ID.ValueString())
	if isGone(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read the mesh", err)
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, toMesh(read.Mesh), idModel{state.ID})...)
}

// Update is never called: whatever changes is another mesh.
func (r *meshResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}

func (r *meshResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state meshModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := client.DeleteMesh(ctx, r.client, client.DeleteMeshInput{MeshId: state.ID.ValueString()})
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "delete the mesh", err)
	}
}

func toMesh(mesh client.MeshFields) meshModel {
	return meshModel{
		ID:          types.StringValue(mesh.Id),
		Name:        types.StringValue(mesh.Name),
		TrustDomain: types.StringValue(mesh.TrustDomain),
		CreatedAt:   types.StringValue(mesh.CreatedAt),
	}
}

func allMeshes(ctx context.Context, api *client.Client) ([]client.MeshFields, error) {
	return client.All(func(after *string) (page client.Page[client.MeshFields], err error) {
		list, err := client.ListMeshes(ctx, api, after)
		if err != nil {
			return page, err
		}
		page.Info = list.Meshes.PageInfo
		for _, edge := range list.Meshes.Edges {
			page.Items = append(page.Items, edge.Node)
		}
		return page, nil
	})
}
