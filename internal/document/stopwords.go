package document

import (
	"slices"
	"strings"
)

// languages are the commonest words of each language that is told by its words:
// articles, prepositions, pronouns, auxiliaries. There are about as many of each,
// so that none is favoured.
//
//nolint:gochecknoglobals // a fixed table
var languages = map[string]string{
	"en": "the of and to in is that for it as with are be this on not by or an from at which can if you will have has was all when but been its may these their there should must does into than only",
	"de": "der die das und ist in zu den mit von für nicht auf ein eine sie des im dem werden als auch es wird an bei oder sich kann wenn nach einer einem durch wie sind zum zur aus über nur diese wurde sein müssen können",
	"fr": "le la les de des du et est un une pour dans que qui par sur au avec pas ce sont il plus ou vous aux cette être peut si ne en se ces comme elle tout nous mais sans fait même doit votre",
	"es": "el la los las de del y es en un una que por para con se no su al lo como más o si sus esta este puede son está cuando ser también pero sobre entre desde hasta ha muy sin debe todos",
	"it": "il lo la gli le di del della che e è un una per in con non da si sono al come più nel alla dei delle se o questo questa può essere anche ma dal nella ed quando tra sul deve ogni viene",
	"pt": "o os as de do da dos das que e é um uma para em com não no na por se mais ao como ou seu sua quando ser pode são você também esta este isso foi tem pelo pela até sem mas deve",
	"nl": "de het een en van is in dat op te voor met zijn niet aan er om ook als bij door naar dan maar uit wordt worden kan kunnen deze dit of heeft moet wat over tot je geen meer wel hun",
	"sv": "och att det är som en på för av med den till inte om ett från kan har eller de du men när vid så ska vara ut under också denna detta efter måste finns genom alla mycket sin din utan",
	"da": "og at det er som en på for af med den til ikke om et fra kan har eller de du men når ved så skal være ud under også denne dette efter bliver hvis alle kun sin din uden blev hvad",
	"no": "og at det er som en på for av med den til ikke om et fra kan har eller de du men når ved så skal være ut under også denne dette etter blir hvis alle bare sin din uten ble hva",
	"fi": "ja on ei se että joka tai kun niin mutta ovat voi myös sen ole kuin jos tämä hän ne oli mukaan sekä sitä jotka vain kaikki voidaan tämän siitä ennen kanssa joita tulee mitä niiden olla vielä siten",
	"pl": "i w na z do nie się jest to że o jak dla po od za przez są oraz lub może być przy tym tego które który ale jeśli jego tylko także ich pod można gdy aby czy bez jako tej ze",
	"cs": "a v na je se to že z do s o pro za jako od po by ale k nebo jsou i při být není který které která může tak jeho pokud byl také jen pouze lze musí mezi více když aby",
	"ro": "și de la în a o cu pe nu este din că pentru un care să se mai sunt prin sau dar ca fi au fost acest această poate când după dacă toate lui ei despre între fără doar trebuie",
	"hu": "a az és hogy nem is egy van ez meg de ha vagy mint csak el már lehet kell még azt fel ki minden után által lesz volt ezt amely majd között így nincs azonban szerint pedig olyan ennek",
	"tr": "ve bir bu için ile da de olarak daha olan çok gibi en ne var ya kadar veya sonra değil her ise göre olduğu tarafından edilir eğer ancak bunu içinde kullanılır ki şu olur üzerinde yeni tüm nasıl",
	"id": "yang dan di untuk dengan ini dari dalam tidak pada adalah akan atau itu ke dapat juga oleh sebagai anda telah bisa karena ada jika lebih saat seperti setelah harus hanya kami secara semua menggunakan tersebut maka",
	"vi": "và của là các có cho được không trong một với những này để từ khi người đã trên như về vào thì sẽ cũng nếu bạn hoặc phải theo đến lại ra tại nhưng sử dụng",
	"ru": "и в не на что с по для это как из к от при или его а то если может быть этот но так все она они был только также который которые чтобы можно вы до за есть должен через",
	"uk": "і в не на що з по для це як із до від при або його а та якщо може бути цей але так всі вона вони був тільки також який які щоб можна ви й за є повинен через у",
	"bg": "и в не на че с по за това как от към при или го а да ако може е бъде този но така всички тя те беше само също който които можете сте до са трябва чрез се ще",
}

// stopWord is a word of a language, worth less the more languages have it.
type stopWord struct {
	language int
	worth    float32
}

// tags are the languages by their place in [voice].hits, and stopWords who has
// which word.
//
//nolint:gochecknoglobals // fixed tables
var (
	tags      = languageTags()
	stopWords = stopWordTable()
)

func languageTags() []string {
	var all []string
	for tag := range languages {
		all = append(all, tag)
	}
	slices.Sort(all)
	return all
}

func stopWordTable() map[string][]stopWord {
	table := map[string][]stopWord{}
	for i, tag := range languageTags() {
		for w := range strings.FieldsSeq(languages[tag]) {
			table[w] = append(table[w], stopWord{language: i})
		}
	}
	for _, all := range table {
		for i := range all {
			all[i].worth = 1 / float32(len(all))
		}
	}
	return table
}
