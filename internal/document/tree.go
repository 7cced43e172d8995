package document

// maxTree is how many bytes the tree of one page may take, by estimate. A page
// beyond is read as tokens; the largest manuals in one page need a fifth.
const maxTree = 64 << 20

// What parts of a tree take, in bytes.
const (
	nodeSize      = 160 // and a text beside every second one
	attributeSize = 80
)

// treeSize estimates what the tree of a page will take, from its tags and their
// attributes. It reads every byte once.
func treeSize(body []byte) int64 {
	var size int64
	for i := 0; i < len(body); i++ {
		if body[i] != '<' {
			continue
		}
		size += nodeSize
		for i++; i < len(body) && body[i] != '>'; i++ {
			switch c := body[i]; c {
			case '"', '\'':
				for i++; i < len(body) && body[i] != c; { // goes past what is quoted
					i++
				}
			case ' ', '\t', '\n', '\r', '\f', '/':
				size += attributeSize
			}
		}
	}
	return size
}
