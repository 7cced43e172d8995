package extract_test
import ("testing";"os";"fmt";"net/http/httptest";"net/http";"context";"strings"
"techfacts.dev/techfacts/internal/demosite"
"techfacts.dev/techfacts/internal/document"
"techfacts.dev/techfacts/internal/extract"
)
func TestZZ(t *testing.T){
 h:=demosite.Handler()
 get:=func(p string)(string,string,bool){ r:=httptest.NewRequest("GET","http://x"+p,nil); w:=httptest.NewRecorder(); h.ServeHTTP(w,r); if w.Code!=http.StatusOK {return "","",false}; d,err:=document.NewReader(1<<28).Read(context.Background(),"text/html",w.Body.Bytes()); if err!=nil{t.Fatal(err)}; return d.Text,d.Title,true}
 sm:=httptest.NewRecorder(); h.ServeHTTP(sm,httptest.NewRequest("GET","http://x/sitemap.xml",nil))
 for _,l:=range strings.Split(sm.Body.String(),"<loc>")[1:]{ u:=strings.TrimPrefix(strings.Split(l,"<")[0],"http://x")
  text,title,ok:=get(u); if !ok {continue}
  for _,b:=range extract.Builtin(){
   for _,f:=range extract.Rules(extract.Page{Text:text,Title:title,Company:""},extract.Profile{Name:b.Name,Focus:b.Focus,Categories:b.Categories,Depth:b.Depth},0.5){
    fmt.Fprintf(os.Stderr,"%s\t%s\t%s\t%s\t%q\t%v\t%s %s %v [%s]\t%s\n",u,b.Name,f.Category,f.Attribute,f.Subject,f.Qualifiers,f.Value.Kind,f.Value.Unit,f.Value.Number,f.Value.Original,f.Statement)
   }}
 }
}
type zf struct{ u string; f extract.Fact; p string }
func zc(fs []zf){
 for _,g:=range extract.Conflicts(fs,func(z zf)(extract.Stated,string){return z.f.Stated(),z.u}){
  fmt.Println("CONFLICT")
  for _,z:=range g { fmt.Printf("  %s [%s] %s %q %v %s|%v| %s || %v\n",z.u,z.p,z.f.Attribute,z.f.Subject,z.f.Qualifiers,z.f.Value.Kind,z.f.Value.Original,z.f.Statement,z.f.Headings)}
 }
}
func TestZC(t *testing.T){
 h:=demosite.Handler()
 sm:=httptest.NewRecorder(); h.ServeHTTP(sm,httptest.NewRequest("GET","http://x/sitemap.xml",nil))
 by:=map[string][]zf{}
 for _,l:=range strings.Split(sm.Body.String(),"<loc>")[1:]{ u:=strings.TrimPrefix(strings.Split(l,"<")[0],"http://x")
  r:=httptest.NewRequest("GET","http://x"+u,nil); w:=httptest.NewRecorder(); h.ServeHTTP(w,r); d,err:=document.NewReader(1<<28).Read(context.Background(),"text/html",w.Body.Bytes()); if err!=nil{t.Fatal(err)}
  for _,b:=range extract.Builtin(){
   for _,f:=range extract.Rules(extract.Page{Text:d.Text,Title:d.Title},extract.Profile{Name:b.Name,Focus:b.Focus,Categories:b.Categories,Depth:b.Depth},0.5){ k:=strings.Split(u+"//","/")[1]; by[k]=append(by[k],zf{u,f,b.Name})}}
 }
 for k,fs:=range by { fmt.Println("==",k,len(fs)); zc(fs)
  pages:=map[string]map[string]bool{}; for _,z:=range fs { c:=z.f.Stated().Claim(); if pages[c]==nil{pages[c]=map[string]bool{}}; pages[c][z.u]=true}
  seen:=map[string]bool{}
  for _,z:=range fs { c:=z.f.Stated().Claim(); if len(pages[c])>1&&!seen[c]{seen[c]=true; fmt.Println("CORR",len(pages[c]),z.f.Attribute,z.f.Qualifiers,z.f.Statement)}}
 }
}
func TestZP(t *testing.T){
 dir:=os.Getenv("CORPUS"); es,_:=os.ReadDir(dir); var fs []zf
 for _,e:=range es { raw,_:=os.ReadFile(dir+"/"+e.Name()); d,err:=document.NewReader(1<<28).Read(context.Background(),"text/html",raw); if err!=nil{continue}
  for _,b:=range extract.Builtin(){
   for _,f:=range extract.Rules(extract.Page{Text:d.Text,Title:d.Title},extract.Profile{Name:b.Name,Focus:b.Focus,Categories:b.Categories,Depth:b.Depth},0.5){ fs=append(fs,zf{e.Name(),f,b.Name})}}
 }
 fmt.Println(len(es),len(fs)); zc(fs)
}
