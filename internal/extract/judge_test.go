package extract

// Judge gives what is kept of an answer about a page that is one chunk. It is for
// fuzzing, without a server.
func Judge(p Page, prof Profile, model, answer string, least float64) []Fact {
	s := newScorer(p, prof)
	h := hearing{chunks: []chunk{{end: len(p.Text), text: p.Text}}, readings: []reading{readAnswer(answer)}}
	all := s.join(nil, p, prof, Options{MinConfidence: least}, model, h, &rejections{})
	return s.finish(p.Text, best(prof, all, nil))
}
