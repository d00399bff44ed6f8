package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// waveModel is a part of a policy: clusters that have their turn at the same time.
type waveModel struct {
	ClusterSelector types.String  `tfsdk:"cluster_selector"`
	Percent         types.Float64 `tfsdk:"percent"`
	Each            types.String  `tfsdk:"each"`
}

var waveType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"cluster_selector": types.StringType, "percent": types.Float64Type, "each": types.StringType,
}}

// defaultWaves are the API's own: one percent, then a quarter, then the rest.
var defaultWaves = types.ListValueMust(waveType, []attr.Value{waveOf(1), waveOf(25)})

func waveOf(percent float64) attr.Value {
	return types.ObjectValueMust(waveType.AttrTypes, map[string]attr.Value{
		"cluster_selector": types.StringNull(), "percent": types.Float64Value(percent), "each": types.StringNull(),
	})
}

func wavesAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		Computed:            true,
		Default:             listdefault.StaticValue(defaultWaves),
		Validators:          []validator.List{listvalidator.SizeAtMost(50)},
		MarkdownDescription: "In their order; clusters that none of them takes come last. One percent, a quarter and the rest unless said.",
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"cluster_selector": schema.StringAttribute{
					Optional:            true,
					Validators:          []validator.String{isSelector},
					MarkdownDescription: "Label selector over clusters, as Kubernetes writes it, such as `env=canary`; all that are left unless said.",
				},
				"percent": schema.Float64Attribute{
					Optional:            true,
					Validators:          []validator.Float64{float64validator.Between(1, 100)},
					MarkdownDescription: "As many as bring it to this share of the selected clusters, 1 to 100.",
				},
				"each": schema.StringAttribute{
					Optional:            true,
					Validators:          []validator.String{oneOf(client.AllWaveUnit)},
					MarkdownDescription: "Splits it into several waves, one for each: " + wordsOf(client.AllWaveUnit) + ".",
				},
			},
		},
	}
}

// defaultWaveInputs are the same for the API.
func defaultWaveInputs() []client.WavePolicyInput {
	first, second := 1.0, 25.0
	return []client.WavePolicyInput{{Percent: &first}, {Percent: &second}}
}

func waveInputs(waves []waveModel) []client.WavePolicyInput {
	inputs := []client.WavePolicyInput{}
	for _, wave := range waves {
		inputs = append(inputs, client.WavePolicyInput{
			ClusterSelector: wave.ClusterSelector.ValueStringPointer(),
			Percent:         wave.Percent.ValueFloat64Pointer(),
			Each:            enumPointer[client.WaveUnit](wave.Each),
		})
	}
	return inputs
}

func toWaves(waves []client.WaveFields) []waveModel {
	models := []waveModel{}
	for _, wave := range waves {
		models = append(models, waveModel{
			ClusterSelector: types.StringPointerValue(wave.ClusterSelector),
			Percent:         types.Float64PointerValue(wave.Percent),
			Each:            enumValue(wave.Each),
		})
	}
	return models
}
