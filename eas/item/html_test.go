package item

import (
	"strings"
	"testing"
)

func TestHTMLText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"no tags":                          "no tags",
		"a <b>b</b>c":                      "a bc",
		"a<br>b<BR/>c<br />d":              "a\nb\nc\nd",
		"<p class=x>one</p>\r\n<p>two</p>": "one\ntwo",
		"1 &lt; 2 &amp;&#9731;":            "1 < 2 &☃",
		"<!-- <p>no</p> -->yes":            "yes",
		"<script>if (a<b) x</script>y":     "y",
		"<style>unclosed":                  "",
		"a < b":                            "a < b",
		"<ul><li>a<li>b</ul>":              "a\nb",
		`<p title="a > b">c</p>`:           "c",
		`<p title="never ends>a<p x='>b`:   "a\nb",
		"1 <2 <3> x <y":                    "1 <2 <3> x <y",
		"<pre>a  b\n  c</pre>d  e":         "a  b\n  c\nd e",
		"<table><tr><td>a<td>b<tr><th>c":   "a b\nc",
		`<a title="x"HREF = "https://x.example/?a=1&amp;b=2">Join</a>, <a href=http://y/	id=x>now</a>`: "Join <https://x.example/?a=1&b=2>, now <http://y/>",
		`<a href="https://x.example/">https://x.example/</a> <a name=top>top</a>`:                      "https://x.example/ top",
		`<a href="javascript:x()">x</a><a href='https://logo.example'><img src=l></a>`:                 "x <https://logo.example>",
	} {
		if got := htmlText(in); got != want {
			t.Errorf("htmlText(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestHTMLTextIsLinear takes a second, and would take hours if the time grew with the square of the length.
func TestHTMLTextIsLinear(t *testing.T) {
	for _, part := range []string{`<a x="`, "<a href=x", "<!--", "<script>", "</", "< ", "<a href='http://x'>", "</a>", "<p>", `<p x="'>`, "&lt"} {
		if got := htmlText("x" + strings.Repeat(part, (4<<20)/len(part))); got[0] != 'x' {
			t.Errorf("%q before %q", got[:1], part)
		}
	}
}

// The text has no tag that has an end, whatever the HTML is.
func FuzzHTMLText(f *testing.F) {
	f.Add("<p>a<br>b &amp; c</p>")
	f.Add(`<a href="https://x.example/?a=1&amp;b=2">Join</a>`)
	f.Add(`<td x='">'>1 < 2<!-- <b> -->`)
	f.Fuzz(func(t *testing.T, words string) {
		plain := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if strings.ContainsRune("<>&", r) {
				return -1
			}
			return r
		}, words)), " ")
		got := htmlText("<div class=\"a>b\"><b>" + plain + "</b></div><style>" + words + "</style>")
		if !strings.HasPrefix(got, plain) {
			t.Errorf("the words %q are %q", plain, got)
		}
		htmlText(words)
	})
}
