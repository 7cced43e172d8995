package report_test

import (
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/schema"
)

// saysOf is what a statement says of a row: "no", "yes", or nothing.
func saysOf(row, text string) string {
	for _, e := range report.Entries(report.Statement{Category: "features", Text: text}) {
		if e.Attribute == row {
			return map[bool]string{true: "no", false: "yes"}[e.Denies]
		}
	}
	return ""
}

func TestACertificateIsDeniedByItsNameBetweenTheNoAndTheVerb(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ row, text, want string }{
		{"pci_dss", "Flaglane itself is not PCI DSS certified.", "no"},
		{"soc2", "We are not SOC 2 Type II certified.", "no"},
		{"soc2", "Acme isn't SOC 2 compliant.", "no"},
		{"iso27001", "The service is not ISO 27001 certified.", "no"},
		{"iso27001", "We are not yet ISO/IEC 27001:2022 certified.", "no"},
		{"soc2", "Acme is not yet SOC 2 attested.", "no"},
		{"fedramp", "Acme Cloud is not currently a FedRAMP authorized service.", "no"},
		{"hipaa", "The service is not HIPAA eligible.", "no"},
		{"soc2", "We have not been audited for SOC 2.", "no"},
		{"soc2", "We have not yet obtained a SOC 2 report.", "no"},
		{"soc2", "Acme is not SOC 2, ISO 27001 or HIPAA certified.", "no"},
		{"iso27001", "Acme is not SOC 2, ISO 27001 or HIPAA certified.", "no"},
		{"hipaa", "Acme is not SOC 2 and HIPAA compliant.", "no"},
		{"soc2", "Our data centres are SOC 2 certified, Acme itself is not.", "no"},
		{"soc2", "Acme is SOC 2 certified, but not HIPAA compliant.", "yes"},
		{"hipaa", "Acme is SOC 2 certified, but not HIPAA compliant.", "no"},
		{"iso27001", "Acme is not only SOC 2 but also ISO 27001 certified.", "yes"},
		{"soc2", "Acme is not only SOC 2 certified.", "yes"},
		{"soc2", "The SOC 2 report is not sent by mail.", "yes"},
		{"soc2", "Customers need not be SOC 2 certified.", "yes"},
		{"soc2", "If you are not SOC 2 certified, ask for our report.", "yes"},
		{"saml", "There is no extra charge for SAML.", "yes"},
		{"saml", "SAML ist nicht nur für Großkunden.", "yes"},
	} {
		if got := saysOf(c.row, c.text); got != c.want {
			t.Errorf("%q says %q of %s, want %q", c.text, got, c.row, c.want)
		}
	}
}

func TestTheCertificateOfAProviderHidesNoDenial(t *testing.T) {
	t.Parallel()
	for _, theirs := range []string{
		"Our payment provider Payloop is PCI DSS Level 1 certified.",
		"Card payments are handled by Payloop, a PCI DSS Level 1 provider.",
		"Cards are processed by Payloop, which is PCI DSS certified.",
	} {
		got := cells(t, "pci_dss", []string{"A"}, says("A", theirs), says("A", "A itself is not PCI DSS certified."))[0]
		if got.State != report.StatedNo || strings.Contains(got.Text, "Payloop") {
			t.Errorf("beside %q it is %s: %q", theirs, got.State, got.Text)
		}
		if got = cells(t, "pci_dss", []string{"A"}, says("A", theirs))[0]; got.State != report.Stated || !strings.Contains(got.Text, "Payloop") {
			t.Errorf("%q alone is %s: %q", theirs, got.State, got.Text)
		}
	}
	got := cells(t, "pci_dss", []string{"A"}, says("A", "A Cloud is a PCI DSS Level 1 service provider."), says("A", "A Server is not PCI DSS certified."))[0]
	if got.State == report.StatedNo {
		t.Errorf("its own certificate is left out: %q", got.Text)
	}
}

func TestWhatCannotBeHostedByCustomersIsNotSelfHosted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Flaglane runs in our cloud and cannot be self-hosted; only the Relay Proxy runs in your network.": "no",
		"The service cannot be self-hosted.":                                          "no",
		"Acme can't be run on your own servers.":                                      "no",
		"You cannot host Acme on your own servers.":                                   "no",
		"You cannot install the software on your own servers.":                        "no",
		"The gateway is a cache; the storage itself is not offered for self-hosting.": "no",
		"Acme is not available for self-hosting.":                                     "no",
		"Acme is not available on premises.":                                          "no",
		"Our platform is not yet offered on premises.":                                "no",
		"Not available on-premises.":                                                  "no",
		"Is it available on premises? — No, it is not available on premises.":         "no",
		"Support is not available for self-hosting.":                                  "yes",
		"The visual editor is not available for self-hosting.":                        "yes",
		"SAML is not available on self-hosted servers.":                               "yes",
		"SAML is not available on premises.":                                          "yes",
		"Atlas cannot be self-hosted.":                                                "no",
		"Plugins cannot be installed on your own servers.":                            "yes",
		"Acme is not available for self-hosted customers on the old licence.":         "yes",
		"Acme runs on your own servers.":                                              "yes",
	} {
		if got := saysOf("self_hosting", text); got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
	if got := saysOf("free_tier", "SCIM is not available for the Free plan."); got != "yes" {
		t.Errorf("where something is lacking is %q", got)
	}
}

func TestADenialInGermanOrFrenchIsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ row, text, want string }{
		{"soc2", "Ein SOC-2-Bericht liegt nicht vor.", "no"},
		{"soc2", "Ein SOC-2-Bericht liegt derzeit noch nicht vor.", "no"},
		{"hipaa", "Für Gesundheitsdaten nach HIPAA ist der Dienst nicht zugelassen, ein BAA bieten wir nicht an.", "no"},
		{"hipaa", "Ein BAA bieten wir nicht an.", "no"},
		{"saml", "SAML wird nicht unterstützt.", "no"},
		{"saml", "SAML unterstützen wir leider nicht.", "no"},
		{"saml", "Wir bieten SAML nicht an.", "no"},
		{"webhooks", "Webhooks gibt es nicht.", "no"},
		{"webhooks", "Es gibt keine Webhooks.", "no"},
		{"webhooks", "Webhooks stehen in der EU nicht zur Verfügung.", "no"},
		{"sandbox", "Eine Sandbox steht nicht zur Verfügung.", "no"},
		{"scim", "SCIM n'est pas pris en charge.", "no"},
		{"scim", "Acme ne prend pas en charge SCIM.", "no"},
		{"scim", "SCIM n’est pas encore disponible.", "no"},
		{"webhooks", "Les webhooks ne sont pas disponibles.", "no"},
		{"webhooks", "Aucun webhook n'est envoyé.", "no"},
		{"soc2", "Der SOC-2-Bericht liegt nicht in Europa.", "yes"},
		{"webhooks", "Webhooks unterstützen keine Anhänge.", "yes"},
		{"webhooks", "Les webhooks n'ont pas de limite.", "yes"},
		{"mfa", "Ohne MFA ist der Zugang nicht möglich.", "yes"},
		{"saml", "SAML gibt es ohne Aufpreis.", "yes"},
	} {
		if got := saysOf(c.row, c.text); got != c.want {
			t.Errorf("%q says %q of %s, want %q", c.text, got, c.row, c.want)
		}
	}
}

func TestADenialForOnePlanIsOfThatPlanInGermanAndFrenchToo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"SAML ist im Tarif Team nicht enthalten.", "SAML n'est pas disponible dans le forfait Team."} {
		got := report.Entries(report.Statement{Category: "features", Text: text})
		if len(got) != 1 || got[0].Attribute != "saml" || got[0].Denies || got[0].Apart.Plan != "team" || got[0].Value.Yes || got[0].Value.Kind != schema.ValueFlag {
			t.Errorf("%q says %+v", text, got)
		}
	}
}

func TestAFreePlanIsAPlanThatIsFree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"A data processing agreement is available to every customer, including the free accounts.": "",
		"Traffic and requests — DELETE: free of charge":                                            "",
		"Extras — Alphanumeric sender: free of charge":                                             "",
		"Calls of the account endpoint are free of charge.":                                        "",
		"Updates of the plan are at no cost.":                                                      "",
		"The Starter plan is free of charge.":                                                      "yes",
		"Each project gets 10,000 requests a month at no cost.":                                    "yes",
		"A small project can be run at no cost.":                                                   "yes",
		"There is a free plan.":                                                                    "yes",
		"There is no free tier.":                                                                   "no",
		"Hobby — Free forever":                                                                     "yes",
	} {
		if got := saysOf("free_tier", text); got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
}

func TestOneSystemThatIsNotSupportedDeniesNotAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ row, text, want string }{
		{"operating_system", "Windows Server is not a supported platform.", "yes"},
		{"operating_system", "Ubuntu 18.04 is no longer supported.", "yes"},
		{"operating_system", "Windows Server — Supported: No", "yes"},
		{"operating_system", "No operating system is needed.", "no"},
		{"browser", "Internet Explorer is not supported.", "yes"},
		{"browser", "Browsers — Safari: not supported", "yes"},
		{"browser", "No browser is supported.", "no"},
		{"sdk_go", "There is no official Go SDK.", "no"},
	} {
		if got := saysOf(c.row, c.text); got != c.want {
			t.Errorf("%q says %q of %s, want %q", c.text, got, c.row, c.want)
		}
	}
	no := says("A", "Windows Server is not supported.")
	no.value = schema.Value{Kind: schema.ValueFlag, Original: "not supported"}
	if got := cells(t, "operating_system", []string{"A"}, no)[0]; got.State != report.Stated || got.Text != "Windows Server is not supported" {
		t.Errorf("it is %s: %q", got.State, got.Text)
	}
}
