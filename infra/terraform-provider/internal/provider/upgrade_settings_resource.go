package provider

import (
	"context"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type upgradeSettingsResource struct {
	apiResource
	identifiedByMesh
}

var (
	_ resource.ResourceWithConfigure      = (*upgradeSettingsResource)(nil)
	_ resource.ResourceWithIdentity       = (*upgradeSettingsResource)(nil)
	_ resource.ResourceWithImportState    = (*upgradeSettingsResource)(nil)
	_ resource.ResourceWithValidateConfig = (*upgradeSettingsResource)(nil)
)

func newUpgradeSettingsResource() resource.Resource { return &upgradeSettingsResource{} }

type upgradeSettingsModel struct {
	MeshID          types.String        `tfsdk:"mesh_id"`
	Windows         []windowModel       `tfsdk:"windows"`
	Freezes         []freezeModel       `tfsdk:"freezes"`
	MaxInFlight     types.Int64         `tfsdk:"max_in_flight"`
	RequireApproval types.Bool          `tfsdk:"require_approval"`
	Policy          *upgradePolicyModel `tfsdk:"policy"`
	Charts          *chartsModel        `tfsdk:"charts"`
	Agent           *agentModel         `tfsdk:"agent"`
}

type windowModel struct {
	Name            types.String `tfsdk:"name"`
	ClusterSelector types.String `tfsdk:"cluster_selector"`
	Days            types.Set    `tfsdk:"days"`
	Opens           types.String `tfsdk:"opens"`
	Minutes         types.Int64  `tfsdk:"minutes"`
	TimeZone        types.String `tfsdk:"time_zone"`
}

type freezeModel struct {
	Name            types.String      `tfsdk:"name"`
	ClusterSelector types.String      `tfsdk:"cluster_selector"`
	From            timetypes.RFC3339 `tfsdk:"from"`
	Until           timetypes.RFC3339 `tfsdk:"until"`
}

type upgradePolicyModel struct {
	Waves            []waveModel `tfsdk:"waves"`
	CanaryNamespaces types.List  `tfsdk:"canary_namespaces"`
	SoakSeconds      types.Int64 `tfsdk:"soak_seconds"`
	TimeoutSeconds   types.Int64 `tfsdk:"timeout_seconds"`
	GraceSeconds     types.Int64 `tfsdk:"grace_seconds"`
	MaxRestarting    types.Int64 `tfsdk:"max_restarting"`
}

type chartsModel struct {
	Repository types.String         `tfsdk:"repository"`
	Digests    types.Map            `tfsdk:"digests"`
	Values     jsontypes.Normalized `tfsdk:"values"`
}

type agentModel struct {
	Version types.String `tfsdk:"version"`
	Digest  types.String `tfsdk:"digest"`
}

func (r *upgradeSettingsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_upgrade_settings"
}

// ValidateConfig finds a freeze that ends before it begins.
func (r *upgradeSettingsResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var list types.List
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("freezes"), &list)...)
	for index, element := range list.Elements() {
		freeze, isObject := element.(types.Object)
		if !isObject || freeze.IsUnknown() {
			continue
		}
		from, begins := freeze.Attributes()["from"].(timetypes.RFC3339)
		until, ends := freeze.Attributes()["until"].(timetypes.RFC3339)
		if !begins || !ends || from.IsUnknown() || until.IsUnknown() {
			continue
		}
		start, startDiags := from.ValueRFC3339Time()
		end, endDiags := until.ValueRFC3339Time()
		if !startDiags.HasError() && !endDiags.HasError() && !end.After(start) {
			at := path.Root("freezes").AtListIndex(index).AtName("until")
			resp.Diagnostics.AddAttributeError(at, "Invalid Attribute Value", "until must be after from")
		}
	}
}

func (r *upgradeSettingsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(r.put(ctx, req.Plan, &resp.State, resp.Identity)...)
}

func (r *upgradeSettingsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(r.put(ctx, req.Plan, &resp.State, resp.Identity)...)
}

func (r *upgradeSettingsResource) put(ctx context.Context, planned tfsdk.Plan, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	var plan upgradeSettingsModel
	diags := planned.Get(ctx, &plan)
	if diags.HasError() {
		return diags
	}
	settings, err := r.change(ctx, plan)
	if err != nil {
		fail(ctx, &diags, planned, "set the upgrade settings", err)
		return diags
	}
	plan.read(settings)
	diags.Append(save(ctx, state, identity, plan, meshIDModel{plan.MeshID})...)
	return diags
}

// change leaves the approval out unless it is another one: saying that none is needed takes an
// admin, even where none was.
func (r *upgradeSettingsResource) change(ctx context.Context, wanted upgradeSettingsModel) (client.UpgradeSettingsFields, error) {
	known, err := client.ReadUpgradeSettings(ctx, r.client, wanted.MeshID.ValueString())
	if err != nil {
		return client.UpgradeSettingsFields{}, err
	}
	input := wanted.input()
	if known.Mesh.UpgradeSettings.RequireApproval == wanted.RequireApproval.ValueBool() {
		input.RequireApproval = nil
	}
	told, err := client.UpdateUpgradeSettings(ctx, r.client, input)
	if err != nil {
		return client.UpgradeSettingsFields{}, err
	}
	return told.UpdateUpgradeSettings.Settings, nil
}

func (r *upgradeSettingsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state meshIDModel
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, meshIDPath, &state.MeshID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	told, err := client.ReadUpgradeSettings(ctx, r.client, state.MeshID.ValueString())
	if isGone(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read the upgrade settings", err)
		return
	}
	read := upgradeSettingsModel{MeshID: state.MeshID}
	read.read(told.Mesh.UpgradeSettings)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, read, state)...)
}

func (r *upgradeSettingsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state meshIDModel
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, meshIDPath, &state.MeshID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := r.change(ctx, ofNewMesh(state.MeshID)); err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "put back the upgrade settings", err)
	}
}

// ofNewMesh are the settings of a mesh that nobody has said anything of.
func ofNewMesh(meshID types.String) upgradeSettingsModel {
	return upgradeSettingsModel{
		MeshID:          meshID,
		MaxInFlight:     types.Int64Value(defaultMaxInFlight),
		RequireApproval: types.BoolValue(false),
		Policy: &upgradePolicyModel{
			Waves:            []waveModel{{Percent: types.Float64Value(1)}, {Percent: types.Float64Value(25)}},
			CanaryNamespaces: listOf(nil),
			SoakSeconds:      types.Int64Value(defaultUpgradeSoak),
			TimeoutSeconds:   types.Int64Value(defaultUpgradeTimeout),
			GraceSeconds:     types.Int64Value(defaultGrace),
			MaxRestarting:    types.Int64Value(defaultMaxRestarting),
		},
		Charts: &chartsModel{
			Repository: types.StringValue(defaultRepository),
			Digests:    mapOf(nil),
			Values:     jsontypes.NewNormalizedValue(noValues),
		},
	}
}

func (m upgradeSettingsModel) input() client.UpdateUpgradeSettingsInput {
	inFlight := int(m.MaxInFlight.ValueInt64())
	input := client.UpdateUpgradeSettingsInput{
		MeshId:          m.MeshID.ValueString(),
		Windows:         []client.MaintenanceWindowInput{},
		Freezes:         []client.FreezeInput{},
		MaxInFlight:     &inFlight,
		RequireApproval: m.RequireApproval.ValueBoolPointer(),
		Policy:          m.Policy.input(),
		Charts:          m.Charts.input(),
	}
	for _, window := range m.Windows {
		input.Windows = append(input.Windows, client.MaintenanceWindowInput{
			Name:            window.Name.ValueString(),
			ClusterSelector: window.ClusterSelector.ValueStringPointer(),
			Days:            weekDays(window.Days),
			Opens:           window.Opens.ValueString(),
			Minutes:         int(window.Minutes.ValueInt64()),
			TimeZone:        window.TimeZone.ValueString(),
		})
	}
	for _, freeze := range m.Freezes {
		input.Freezes = append(input.Freezes, client.FreezeInput{
			Name:            freeze.Name.ValueString(),
			ClusterSelector: freeze.ClusterSelector.ValueStringPointer(),
			From:            freeze.From.ValueString(),
			Until:           freeze.Until.ValueString(),
		})
	}
	if m.Agent != nil {
		input.Agent = &client.AgentImageInput{Version: m.Agent.Version.ValueString(), Digest: m.Agent.Digest.ValueStringPointer()}
	}
	return input
}

func weekDays(days types.Set) []client.WeekDay {
	said := []client.WeekDay{}
	for _, day := range stringsOf(days.Elements()) {
		said = append(said, client.WeekDay(day))
	}
	return said
}

func (m *upgradePolicyModel) input() *client.UpgradePolicyInput {
	soak, timeout := int(m.SoakSeconds.ValueInt64()), int(m.TimeoutSeconds.ValueInt64())
	grace, restarting := int(m.GraceSeconds.ValueInt64()), int(m.MaxRestarting.ValueInt64())
	return &client.UpgradePolicyInput{
		Waves:            waveInputs(m.Waves),
		CanaryNamespaces: stringsOf(m.CanaryNamespaces.Elements()),
		SoakSeconds:      &soak,
		TimeoutSeconds:   &timeout,
		GraceSeconds:     &grace,
		MaxRestarting:    &restarting,
	}
}

func (m *chartsModel) input() *client.UpgradeChartsInput {
	input := client.UpgradeChartsInput{
		Repository: m.Repository.ValueStringPointer(),
		Values:     m.Values.ValueStringPointer(),
		Digests:    []client.ChartDigestInput{},
	}
	for name, value := range m.Digests.Elements() {
		chart, version, _ := strings.Cut(name, "-")
		if digest, ok := value.(types.String); ok {
			input.Digests = append(input.Digests, client.ChartDigestInput{Chart: chart, Version: version, Sha256: digest.ValueString()})
		}
	}
	sort.Slice(input.Digests, func(a, b int) bool {
		return input.Digests[a].Chart+input.Digests[a].Version < input.Digests[b].Chart+input.Digests[b].Version
	})
	return &input
}

func (m *upgradeSettingsModel) read(settings client.UpgradeSettingsFields) {
	m.MaxInFlight = types.Int64Value(int64(settings.MaxInFlight))
	m.RequireApproval = types.BoolValue(settings.RequireApproval)
	m.Windows = []windowModel{}
	for _, window := range settings.Windows {
		m.Windows = append(m.Windows, windowModel{
			Name:            types.StringValue(window.Name),
			ClusterSelector: types.StringPointerValue(window.ClusterSelector),
			Days:            setOf(enumTexts(window.Days)),
			Opens:           types.StringValue(window.Opens),
			Minutes:         types.Int64Value(int64(window.Minutes)),
			TimeZone:        types.StringValue(window.TimeZone),
		})
	}
	m.Freezes = []freezeModel{}
	for _, freeze := range settings.Freezes {
		m.Freezes = append(m.Freezes, freezeModel{
			Name:            types.StringValue(freeze.Name),
			ClusterSelector: types.StringPointerValue(freeze.ClusterSelector),
			From:            timeOf(freeze.From),
			Until:           timeOf(freeze.Until),
		})
	}
	m.readPolicyAndCharts(settings)
	m.Agent = nil
	if settings.Agent != nil {
		m.Agent = &agentModel{Version: types.StringValue(settings.Agent.Version), Digest: types.StringPointerValue(settings.Agent.Digest)}
	}
}

func (m *upgradeSettingsModel) readPolicyAndCharts(settings client.UpgradeSettingsFields) {
	policy := settings.Policy
	m.Policy = &upgradePolicyModel{
		Waves:            toWaves(policy.Waves),
		CanaryNamespaces: listOf(policy.CanaryNamespaces),
		SoakSeconds:      types.Int64Value(int64(policy.SoakSeconds)),
		TimeoutSeconds:   types.Int64Value(int64(policy.TimeoutSeconds)),
		GraceSeconds:     types.Int64Value(int64(policy.GraceSeconds)),
		MaxRestarting:    types.Int64Value(int64(policy.MaxRestarting)),
	}
	digests := map[string]string{}
	for _, digest := range settings.Charts.Digests {
		digests[digest.Chart+"-"+digest.Version] = digest.Sha256
	}
	m.Charts = &chartsModel{
		Repository: types.StringValue(settings.Charts.Repository),
		Digests:    mapOf(digests),
		Values:     jsonOf(settings.Charts.Values),
	}
}
