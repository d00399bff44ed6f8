package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func told(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func toldTexts(description string) schema.ListAttribute {
	return schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
}

func wanted(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func wantedOrTold(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: description}
}

type organizationDataSource struct{ apiDataSource }

var _ datasource.DataSourceWithConfigure = (*organizationDataSource)(nil)

func newOrganizationDataSource() datasource.DataSource { return &organizationDataSource{} }

type organizationModel struct {
	ID         types.String `tfsdk:"id"`
	Name       types.String `tfsdk:"name"`
	CreatedAt  types.String `tfsdk:"created_at"`
	ViewerRole types.String `tfsdk:"viewer_role"`
}

func (d *organizationDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_organization"
}

func (d *organizationDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The organization that the provider's token acts in.",
		Attributes: map[string]schema.Attribute{
			"id":          told("Id of the organization."),
			"name":        told("What people know it by."),
			"created_at":  told("When it was made."),
			"viewer_role": told("What the token may do: " + wordsOf(client.AllRole) + "."),
		},
	}
}

func (d *organizationDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	read, err := client.ReadOrganization(ctx, d.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the organization", err)
		return
	}
	organization := read.Organization
	resp.Diagnostics.Append(resp.State.Set(ctx, organizationModel{
		ID:         types.StringValue(organization.Id),
		Name:       types.StringValue(organization.Name),
		CreatedAt:  types.StringValue(organization.CreatedAt),
		ViewerRole: types.StringValue(string(organization.ViewerRole)),
	})...)
}

type meshDataSource struct{ apiDataSource }

var (
	_ datasource.DataSourceWithConfigure        = (*meshDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*meshDataSource)(nil)
)

func newMeshDataSource() datasource.DataSource { return &meshDataSource{} }

func (d *meshDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_mesh"
}

func (d *meshDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A mesh, by its id or its name.",
		Attributes: map[string]schema.Attribute{
			"id":           wantedOrTold("Id of the mesh; this or `name`."),
			"name":         wantedOrTold("Its name; this or `id`."),
			"trust_domain": told("What the identities of its workloads begin with."),
			"created_at":   told("When it was made."),
		},
	}
}

func (d *meshDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("name"))}
}

func (d *meshDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config meshModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !config.ID.IsNull() {
		read, err := client.ReadMesh(ctx, d.client, config.ID.ValueString())
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.Config, "read the mesh", err)
			return
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, toMesh(read.Mesh))...)
		return
	}
	read, err := client.ReadMeshNamed(ctx, d.client, config.Name.ValueString())
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the mesh", err)
		return
	}
	if read.MeshByName == nil {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "No such mesh", "There is no mesh '"+config.Name.ValueString()+"' in the organization.")
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, toMesh(*read.MeshByName))...)
}

type meshesDataSource struct{ apiDataSource }

var _ datasource.DataSourceWithConfigure = (*meshesDataSource)(nil)

func newMeshesDataSource() datasource.DataSource { return &meshesDataSource{} }

type meshesModel struct {
	Meshes []meshModel `tfsdk:"meshes"`
}

func (d *meshesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_meshes"
}

func (d *meshesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All meshes of the organization.",
		Attributes: map[string]schema.Attribute{
			"meshes": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "In the order in which they were made.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":           told("Id of the mesh."),
					"name":         told("Its name."),
					"trust_domain": told("What the identities of its workloads begin with."),
					"created_at":   told("When it was made."),
				}},
			},
		},
	}
}

func (d *meshesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	meshes, err := allMeshes(ctx, d.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the meshes", err)
		return
	}
	model := meshesModel{Meshes: []meshModel{}}
	for _, mesh := range meshes {
		model.Meshes = append(model.Meshes, toMesh(mesh))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}
