//! Texts as security sensors report them, and the wildcards that detection rules look for in them: command lines,
//! file names, option names made of two words. Both are made of the same English words, so that parts of what is
//! looked for stand in nearly every value. The twin of `bench/generators/processes.py`.

use super::Draw;

const WORDS: &str = "\
    account access action activity add address admin agent alias allow analysis append application archive argument \
    assembly attribute audit authority auto backup base batch begin binary block boot branch browser buffer build \
    bypass cache call certificate change channel check child class clear client clipboard clone close code collect \
    column command commit common compile component compress computer condition config confirm connect console \
    consumer container content context control convert cookie copy core count create credential crypto current data \
    database date debug decode default define delete deploy description desktop detail detect device digest direct \
    directory disable discover disk dispatch display document domain download drive driver dump dynamic edit element \
    email enable encode encrypt endpoint engine enumerate environment error event exception exchange exclude execute \
    exit expand expire explorer export extend extension external extract factory failure feature fetch field file \
    filter find firewall firmware flag folder force foreign format forward framework function gateway generate \
    global group handle handler hardware hash header health hidden history home host hotfix icon identity image \
    import include index information inherit initial inject input insert inspect install instance integrity \
    interface internal internet invoke isolate item job journal kernel keyboard language launch layer ledger level \
    library license limit link list listen load local locale location lock log login loop machine mail manage \
    manifest map mask master match memory message metadata method microphone migrate mirror mode module monitor \
    mount move name native network node notify null object offline online open operator option order output owner \
    package packet page parallel parameter parent parse partition password patch path pattern payload performance \
    permission persist phone pipeline platform plugin policy port power prefix prepare preview principal print \
    priority private process produce profile program project prompt property protect protocol provider proxy public \
    publish query queue quick random range read record recover recycle redirect reflect refresh region register \
    registry release remote remove rename render repair replace report request reserve reset resolve resource \
    response restart restore result resume return reverse revoke role root route runtime sample sandbox save scan \
    schedule schema scope screen script search section secure security segment select sequence serial server service \
    session setting setup shadow share shell shortcut shutdown signal silent simple single snapshot socket software \
    source special speed spool stack stage standard start state static status stop storage store stream string \
    structure submit subscribe suffix summary support suspend switch symbol sync syntax system table target task \
    template temporary terminal test text thread ticket timeline token trace track traffic transfer transform \
    translate transport trigger trust tunnel type undo uninstall unique unlock unpack update upgrade upload user \
    utility validate value variable vector vendor verify version video virtual volume wait warning watch window \
    wizard worker workflow workspace wrapper write zone";

const PROGRAMS: [&str; 6] = ["powershell", "cmd", "rundll32", "msiexec", "svchost", "certutil"];
const FOLDERS: [&str; 6] = ["Windows", "System32", "ProgramData", "Users", "AppData", "Common Files"];

/// Draws texts and wildcards.
pub struct Processes<'a> {
    draw: &'a mut Draw,
    words: Vec<&'static str>,
}

impl Processes<'_> {
    pub fn new(draw: &mut Draw) -> Processes<'_> {
        Processes { draw, words: WORDS.split_ascii_whitespace().collect() }
    }

    pub fn word(&mut self) -> &'static str {
        self.words[self.draw.below(self.words.len())]
    }

    /// Two words in one: what names of programs and options look like.
    pub fn pair(&mut self) -> String {
        let (first, second) = (self.word(), self.word());
        format!("{first}{}{}", second[..1].to_ascii_uppercase(), &second[1..])
    }

    /// A command with so many options, of some 24 bytes each.
    pub fn command(&mut self, options: usize) -> String {
        let mut text = format!("{}.exe", PROGRAMS[self.draw.below(PROGRAMS.len())]);
        for _ in 0..options {
            text.push_str(&format!(" -{} {}", self.pair(), self.word()));
        }
        text
    }

    /// The name of a program's file, of some 60 bytes.
    pub fn image(&mut self) -> String {
        let mut text = String::from("C:");
        for _ in 0..3 {
            text.push_str(&format!("\\{}", FOLDERS[self.draw.below(FOLDERS.len())]));
        }
        text + &format!("\\{}\\{}.exe", PROGRAMS[self.draw.below(PROGRAMS.len())], self.pair())
    }

    /// What a rule looks for: an option, the beginning of a program's name, or two words; rarely one that is frequent.
    pub fn wanted(&mut self) -> String {
        match self.draw.below(10) {
            0 => self.word().to_string(),
            1..4 => format!("-{} {:.4}", self.pair(), self.word()),
            4..6 => format!("\\{}", self.pair()),
            _ => self.pair(),
        }
    }
}
