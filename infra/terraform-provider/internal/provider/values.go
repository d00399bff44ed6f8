package provider

import (
	"bytes"
	"encoding/json"
	"sort"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func stringsOf(values []attr.Value) []string {
	all := make([]string, 0, len(values))
	for _, value := range values {
		if text, ok := value.(types.String); ok {
			all = append(all, text.ValueString())
		}
	}
	return all
}

func valuesOf(texts []string) []attr.Value {
	values := make([]attr.Value, 0, len(texts))
	for _, text := range texts {
		values = append(values, types.StringValue(text))
	}
	return values
}

func setOf(texts []string) types.Set {
	return types.SetValueMust(types.StringType, valuesOf(texts))
}

func listOf(texts []string) types.List {
	return types.ListValueMust(types.StringType, valuesOf(texts))
}

func mapOf(texts map[string]string) types.Map {
	values := map[string]attr.Value{}
	for key, text := range texts {
		values[key] = types.StringValue(text)
	}
	return types.MapValueMust(types.StringType, values)
}

// labelInputs are the pairs of a map, by key.
func labelInputs(labels types.Map) []client.LabelInput {
	inputs := []client.LabelInput{}
	for key, value := range labels.Elements() {
		if text, ok := value.(types.String); ok {
			inputs = append(inputs, client.LabelInput{Key: key, Value: text.ValueString()})
		}
	}
	sort.Slice(inputs, func(a, b int) bool { return inputs[a].Key < inputs[b].Key })
	return inputs
}

// enumPointer is nil for what is not said.
func enumPointer[T ~string](value types.String) *T {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	said := T(value.ValueString())
	return &said
}

func enumValue[T ~string](value *T) types.String {
	if value == nil {
		return types.StringNull()
	}
	return types.StringValue(string(*value))
}

func enumTexts[T ~string](values []T) []string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		texts = append(texts, string(value))
	}
	return texts
}

// timeOf writes a time of the API as people write it: it tells thousandths of seconds. Without that,
// what was imported would differ from what was said.
func timeOf(at string) timetypes.RFC3339 {
	moment, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return timetypes.NewRFC3339ValueMust(at)
	}
	return timetypes.NewRFC3339ValueMust(moment.UTC().Format(time.RFC3339Nano))
}

// jsonOf writes JSON as `jsonencode` does, with its keys in order.
func jsonOf(text string) jsontypes.Normalized {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	var written bytes.Buffer
	if decoder.Decode(&value) != nil || json.NewEncoder(&written).Encode(value) != nil {
		return jsontypes.NewNormalizedValue(text)
	}
	return jsontypes.NewNormalizedValue(strings.TrimSpace(written.String()))
}
