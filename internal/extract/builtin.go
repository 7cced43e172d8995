package extract

import "techfacts.dev/techfacts/schema"

// BuiltinProfile is a profile that comes with techfacts.
type BuiltinProfile struct {
	Name         string
	Description  string
	Categories   []string
	Focus        string
	Depth        schema.Depth
	Instructions string
}

// DefaultProfile is the name of the profile that is used when none is named.
const DefaultProfile = "general"

// Builtin lists the profiles that come with techfacts. The list is the caller's
// to keep.
func Builtin() []BuiltinProfile {
	return []BuiltinProfile{
		{
			Name:        "technical_specs",
			Description: "What it runs on and how it performs.",
			Categories:  []string{"specs", "hardware", "requirements", "compatibility", "performance"},
			Focus:       "hardware specifications, system requirements, supported platforms, performance figures, compatibility",
			Depth:       schema.DepthDetailed,
		},
		{
			Name:        "api_docs",
			Description: "What a program can ask of it, and how often.",
			Categories:  []string{"endpoints", "authentication", "rate_limits", "sdks", "versioning"},
			Focus:       "endpoints, authentication methods, rate limits, SDKs, versioning, request and response formats",
			Depth:       schema.DepthDetailed,
		},
		{
			Name:        "security",
			Description: "How it is protected, and who has attested it.",
			Categories:  []string{"certifications", "compliance", "encryption", "audit", "access_control"},
			Focus:       "SOC 2, ISO 27001 and other certifications, compliance, encryption, audit, access control",
			Depth:       schema.DepthComprehensive,
		},
		{
			Name:        "pricing",
			Description: "What it costs, and what one gets for it.",
			Categories:  []string{"pricing", "tiers", "limits", "features"},
			Focus:       "tiers and prices, what each tier includes, usage limits, enterprise and free plans",
			Depth:       schema.DepthDetailed,
		},
		{
			Name:        DefaultProfile,
			Description: "The technical facts of a product in short.",
			Categories:  []string{"general", "features", "technical", "integration"},
			Focus:       "technical facts about product, features, integrations, capabilities",
			Depth:       schema.DepthSummary,
		},
	}
}
