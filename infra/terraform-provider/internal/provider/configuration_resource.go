package provider

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type configurationResource struct{ apiResource }

var (
	_ resource.ResourceWithConfigure   = (*configurationResource)(nil)
	_ resource.ResourceWithIdentity    = (*configurationResource)(nil)
	_ resource.ResourceWithImportState = (*configurationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*configurationResource)(nil)
)

func newConfigurationResource() resource.Resource { return &configurationResource{} }

type configurationModel struct {
	MeshID         types.String   `tfsdk:"mesh_id"`
	Folder         types.String   `tfsdk:"folder"`
	Files          types.Map      `tfsdk:"files"`
	Message        types.String   `tfsdk:"message"`
	Rollout        types.Bool     `tfsdk:"rollout"`
	Supersede      types.Bool     `tfsdk:"supersede"`
	WaitForRollout types.Bool     `tfsdk:"wait_for_rollout"`
	ReleaseID      types.String   `tfsdk:"release_id"`
	ReleaseNumber  types.Int64    `tfsdk:"release_number"`
	RolloutID      types.String   `tfsdk:"rollout_id"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

type configurationIdentity struct {
	MeshID types.String `tfsdk:"mesh_id"`
	Folder types.String `tfsdk:"folder"`
}

func (m configurationModel) identity() configurationIdentity {
	return configurationIdentity{MeshID: m.MeshID, Folder: m.Folder}
}

const (
	defaultMessage = "Terraform"
	// defaultWait is for a handful of waves as a new mesh has them.
	defaultWait = 30 * time.Minute
)

func (r *configurationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_configuration"
}

func (r *configurationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Configuration of a mesh, as files of YAML: objects of Istio and of the Gateway API, and intents in an operator's words. " +
			"Each change makes a release, which is checked as the plan is made, and rolled out in waves that halt by themselves.\n\n" +
			"Without a `folder` the files are all of the mesh's configuration; with one they are what is in that folder, so that several of these share a mesh. " +
			"Destroying it makes a release without them.\n\n" +
			"~> A release stays what the mesh is headed for when its rollout halts or is not through in time. The apply fails then; correct the files and apply again, with " +
			"`supersede` if the new rollout is not to wait for the halted one.",
		Attributes: map[string]schema.Attribute{
			"mesh_id": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the mesh.",
			},
			"folder": schema.StringAttribute{
				Optional:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          []validator.String{isFolder},
				MarkdownDescription: "Folder of the mesh's configuration that the files take the place of, such as `teams/shop`; all of it unless said.",
			},
			"files": schema.MapAttribute{
				ElementType:         types.StringType,
				Required:            true,
				Validators:          []validator.Map{mapvalidator.SizeBetween(1, 500), mapvalidator.KeysAre(isFile)},
				MarkdownDescription: "Contents of the files by their paths in the folder, such as `{ for path in fileset(\"mesh\", \"**/*.yaml\") : path => file(\"mesh/${path}\") }`.",
			},
			"message": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(defaultMessage),
				Validators:          []validator.String{stringvalidator.LengthAtMost(1_000)},
				MarkdownDescription: "Why, for the history; `Terraform` unless said. Another message alone makes no release.",
			},
			"rollout": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether the release is rolled out; true unless said.",
			},
			"supersede": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether the rollout aborts the one that is under way, and those that wait; false unless said: it waits for them.",
			},
			"wait_for_rollout": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether Terraform waits until the rollout is completed, and fails when it halts; true unless said.",
			},
			"release_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the release that holds the files."},
			"release_number": schema.Int64Attribute{Computed: true, MarkdownDescription: "Its number, which counts from 1 in each mesh."},
			"rollout_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Id of its rollout; null if it was not rolled out, or ran everywhere already."},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true, Delete: true,
				CreateDescription: "So long the rollout may take, such as `45m`; `30m` unless said.",
				UpdateDescription: "So long the rollout may take; `30m` unless said.",
				DeleteDescription: "So long the rollout of the release without the files may take; `30m` unless said.",
			}),
		},
	}
}

func (r *configurationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"mesh_id": identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the mesh."},
		"folder":  identityschema.StringAttribute{OptionalForImport: true, Description: "Folder of the mesh's configuration; all of it unless said."},
	}}
}

func (r *configurationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := configurationIdentity{}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	} else {
		meshID, folder, hasFolder := strings.Cut(req.ID, "/")
		id.MeshID = types.StringValue(meshID)
		if hasFolder {
			id.Folder = types.StringValue(folder)
		}
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, meshIDPath, id.MeshID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("folder"), id.Folder)...)
	// What no release says is as if nobody had said it.
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("rollout"), true)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("supersede"), false)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("wait_for_rollout"), true)...)
}

// ModifyPlan has the API check the files before anything is made of them.
func (r *configurationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.client == nil {
		return
	}
	var plan, state configurationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.releasesTheSame(state) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("release_id"), state.ReleaseID)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("release_number"), state.ReleaseNumber)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("rollout_id"), state.RolloutID)...)
		return
	}
	if plan.MeshID.IsUnknown() || plan.Folder.IsUnknown() || !isKnown(plan.Files) {
		return
	}
	checked, err := client.CheckConfiguration(ctx, r.client, client.CheckConfigurationInput{
		MeshId: plan.MeshID.ValueString(),
		Folder: plan.Folder.ValueStringPointer(),
		Files:  plan.fileInputs(),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "check the files", err)
		return
	}
	tellProblems(&resp.Diagnostics, plan, checked.CheckConfiguration.Problems)
}

func (r *configurationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan configurationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	wait, diags := plan.Timeouts.Create(ctx, defaultWait)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := r.release(ctx, &plan, plan.fileInputs()); err != nil {
		r.fail(ctx, &resp.Diagnostics, req.Plan, plan, err)
		return
	}
	// Without a state until it is through: Terraform destroys what it could not create, and taking
	// all of a mesh's configuration away would be worse than what halted. Creating it again puts
	// the files where they are already.
	r.await(ctx, &resp.Diagnostics, plan, wait)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, plan.identity())...)
}

func (r *configurationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state configurationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	wait, diags := plan.Timeouts.Update(ctx, defaultWait)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.releasesTheSame(state) {
		if err := r.release(ctx, &plan, plan.fileInputs()); err != nil {
			r.fail(ctx, &resp.Diagnostics, req.Plan, plan, err)
			return
		}
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, plan.identity())...)
	if !plan.releasesTheSame(state) {
		r.await(ctx, &resp.Diagnostics, plan, wait)
	}
}

func (r *configurationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state configurationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	wait, diags := state.Timeouts.Delete(ctx, defaultWait)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	files := []client.ConfigurationFileInput{}
	if state.Folder.IsNull() {
		files = append(files, client.ConfigurationFileInput{Path: emptyFile, Content: emptyContent})
	}
	if err := r.release(ctx, &state, files); err != nil {
		if !isGone(err) {
			r.fail(ctx, &resp.Diagnostics, req.State, state, err)
		}
		return
	}
	r.await(ctx, &resp.Diagnostics, state, wait)
}

func (r *configurationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state configurationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	head, err := r.head(ctx, state.MeshID.ValueString())
	if isGone(err) || (err == nil && head == "") {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read what the mesh is headed for", err)
		return
	}
	// A release never changes.
	if head != state.ReleaseID.ValueString() {
		isThere, err := r.readFiles(ctx, &state, head)
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.State, "read the files", err)
			return
		}
		if !isThere {
			resp.State.RemoveResource(ctx)
			return
		}
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, state, state.identity())...)
}
