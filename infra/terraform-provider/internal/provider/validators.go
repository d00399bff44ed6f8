package provider

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // A machine that plans may have no zones of its own.

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// What the API would refuse is refused as the plan is made. The API has the last word: where a
// rule of its own is wider or narrower than one here, a plan that is right may not be refused.

const (
	dnsLabel  = `[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?`
	labelName = `[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`
	labelKey  = `(?:` + dnsLabel + `(?:\.` + dnsLabel + `)*/)?` + labelName
	// A term of a selector, as Kubernetes writes it.
	selectorTerm = `(?:!\s*` + labelKey + `|` + labelKey +
		`(?:\s*(?:==|!=|=)\s*(?:` + labelName + `)?` +
		`|\s+(?:in|notin)\s*\(\s*` + labelName + `(?:\s*,\s*(?:` + labelName + `)?)*\s*\))?)`
)

func matches(pattern, words string) validator.String {
	return stringvalidator.RegexMatches(regexp.MustCompile(`^(?:`+pattern+`)$`), words)
}

var (
	isName       = matches(dnsLabel, "must be lower-case letters, digits and '-', at most 63, starting and ending with a letter or digit")
	isDomain     = matches(dnsLabel+`(?:\.`+dnsLabel+`)*`, "must be a DNS name, such as cluster.local")
	isLocality   = matches(`[a-zA-Z0-9._-]{1,63}(?:/[a-zA-Z0-9._-]{1,63}){0,2}`, "must be region, region/zone or region/zone/subzone, such as eu-central-1/a")
	isService    = matches(dnsLabel+`|\*`, "must be the name of a service, or '*'")
	isFolder     = matches(`[A-Za-z0-9][-A-Za-z0-9_.]*(?:/[A-Za-z0-9][-A-Za-z0-9_.]*)*`, "must be a folder, such as teams/shop")
	isFile       = matches(`[^\\/]+(?:/[^\\/]+)*\.(?:ya?ml|json)`, "must be a relative path that ends in .yaml, .yml or .json")
	isTimeOfDay  = matches(`(?:[01]\d|2[0-3]):[0-5]\d`, "must be HH:MM, from 00:00 to 23:59")
	isUTC        = matches(`.*Z`, "must be in UTC, and end in Z")
	isRepository = matches(`(?:https|oci)://[^\s@?#]+|/\S*`, "must be https://…, oci://… or the absolute path of a folder, without credentials")
	// Where whoever hosts the API allows it, plain http within a network of one's own goes, too.
	isWebhookURL = matches(`(?i:https?)://[^\s@#/?]+(?:[/?][^\s#]*)?`, "must be https://…, without credentials and without a fragment")
	isPinned     = matches(`(?:base|istiod)-\d+\.\d+\.\d+[-.0-9A-Za-z]*`, "must be base-<version> or istiod-<version>")
	isSHA256     = matches(`[0-9a-f]{64}`, "must be a SHA-256 in lower-case hex")
	isSelector   = matches(`\s*|\s*`+selectorTerm+`(?:\s*,\s*`+selectorTerm+`)*\s*`, "must be a label selector, such as env=prod,region in (eu,us),!legacy")
	areLabels    = []validator.Map{
		mapvalidator.KeysAre(matches(labelKey, "must be the key of a label, such as env")),
		mapvalidator.ValueStringsAre(matches(`(?:`+labelName+`)?`, "must be the value of a label: letters, digits, '-', '_' and '.', at most 63")),
	}
	isCIDR = check("must be a CIDR, such as 10.0.0.0/8", func(text string) bool {
		_, err := netip.ParsePrefix(text)
		return err == nil
	})
	isTimeZone = check("must be of the IANA database, such as Europe/Zurich", func(text string) bool {
		_, err := time.LoadLocation(text)
		return err == nil && text != "" && text != "Local"
	})
	isDuration = check("must be a duration, such as 30s", func(text string) bool {
		duration, err := time.ParseDuration(text)
		return err == nil && duration > 0
	})
)

// check makes a validator of a predicate.
func check(words string, isRight func(string) bool) validator.String {
	return predicate{words: words, isRight: isRight}
}

type predicate struct {
	words   string
	isRight func(string) bool
}

func (p predicate) Description(context.Context) string         { return p.words }
func (p predicate) MarkdownDescription(context.Context) string { return p.words }

func (p predicate) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || p.isRight(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value",
		fmt.Sprintf("Attribute %s %s, got: %s", req.Path, p.words, req.ConfigValue.ValueString()))
}

// oneOf takes the values of an enumeration of the API.
func oneOf[T ~string](values []T) validator.String {
	return stringvalidator.OneOf(enumTexts(values)...)
}

// wordsOf lists an enumeration for a description.
func wordsOf[T ~string](values []T) string {
	return "`" + strings.Join(enumTexts(values), "`, `") + "`"
}
