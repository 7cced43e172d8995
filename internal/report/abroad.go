package report

import "regexp"

// deniedAbroad reports whether a clause in German or French denies what it mentions at a place: there the no stands behind it.
func deniedAbroad(clause string, mention int) bool {
	if onlyWith.MatchString(clause) {
		return false
	}
	for _, words := range []*regexp.Regexp{notThere, notWe, notFrench} {
		if found := words.FindStringIndex(clause); found != nil && found[1] > mention {
			return true
		}
	}
	found := doesNot.FindStringIndex(clause)
	return found != nil && found[0] < mention
}

var (
	onlyWith = regexp.MustCompile(`(?i)\b(?:ohne|sans)\b`)
	notThere = regexp.MustCompile(`(?i)\bnicht (?:(?:mehr|derzeit|aktuell|zurzeit|momentan|direkt|offiziell) )?` +
		`(?:vor|an|zugelassen|zertifiziert|unterstützt|verfügbar|angeboten|möglich|vorhanden|enthalten|inbegriffen|erhältlich|vorgesehen|geplant|konform|akkreditiert|auditiert|zur Verfügung)(?: (?:wird|werden|ist|sind|steht|stehen))?\W*$|` +
		`\bsteh(?:t|en) (?:\p{L}+ ){0,2}?nicht zur Verfügung\b`)
	notWe   = regexp.MustCompile(`(?i)\b(?:gibt es|(?:unterstützen|bieten|haben|führen|besitzen) wir) (?:\p{L}+ ){0,3}?nicht(?: an| mehr)?\W*$`)
	doesNot = regexp.MustCompile(`(?i)\b(?:unterstütz(?:t|en)|biete[nt]|haben|hat|besitz(?:t|en)|führ(?:t|en)|gibt) [^?]*\bnicht(?: an)?\W*$`)

	notFrench = regexp.MustCompile(`(?i)\b(?:n['’](?:est|a|ont)|ne (?:sont|peut|peuvent)) pas (?:(?:encore|actuellement|officiellement|été|être) )*(?:pris(?:es?)? en charge|disponibles?|certifiée?s?|conformes?|proposée?s?|offerte?s?|inclus(?:es?)?|compris(?:es?)?|supportée?s?|possibles?|autorisée?s?|agréée?s?)`)
)
