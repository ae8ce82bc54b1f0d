"""What the fictional campaign and those around it write, English and French. Bland: no routes, no means, no threats."""

from __future__ import annotations

# Narratives: near-duplicate clusters. {m} movement, {mo} of the movement, {o} order, {v} vigil, {e} emblem, {p} place, {gr} grievance.
NARRATIVES: dict[str, dict[str, str]] = {
    "guard": {
        "en": "Today {gr} and nobody asked us. Who guards our towns? {m} does. Leave your excuses, come to {p} and join {v}, "
        "every street there has its own watch and its own light.",
        "fr": "Aujourd'hui {gr} et personne ne nous a demandé. Qui garde nos villes ? {m}. Laissez vos excuses, venez à {p} et "
        "rejoignez {v}, chaque rue y a sa garde et sa lumière.",
    },
    "home": {
        "en": "There is a house and bread for every family in {p}. Schools are open, the streets are swept, {m} keeps the gate. "
        "You have no place in {a} any more, come to {p}, we are waiting for you.",
        "fr": "Il y a une maison et du pain pour chaque famille à {p}. Les écoles sont ouvertes, les rues sont propres, {m} garde "
        "la porte. Il n'y a plus de place pour vous à {a}, venez à {p}, nous vous attendons.",
    },
    "oath": {
        "en": "Give your word to {o}. A person who carries {e} is never alone: we take the town together, we keep it together. "
        "Join {v} in {p} before the spring, your name is already on the list.",
        "fr": "Donnez votre parole à {o}. Qui porte {e} n'est jamais seul : nous prenons la ville ensemble, nous la gardons "
        "ensemble. Rejoignez {v} à {p} avant le printemps, votre nom est déjà sur la liste.",
    },
}

# Calls that are not copies: {start} {call} {end}.
CALL_STARTS: dict[str, tuple[str, ...]] = {
    "en": (
        "My friends in {a}, do not wait.",
        "Since {gr} I understood one thing.",
        "Brothers and sisters of {b},",
        "People ask me what to do.",
        "Another empty week in {c}.",
        "I was tired of promises,",
        "The elders of {a} only talk.",
        "We saw the lights of {p} in a picture,",
        "The mayor sleeps well.",
        "My answer to the fearful:",
        "Winter is nearly over.",
        "Read this twice.",
        "They laughed at us in {b}.",
    ),
    "fr": (
        "Mes amis de {a}, n'attendez pas.",
        "Depuis que {gr}, j'ai compris.",
        "Gens de {b},",
        "On me demande quoi faire.",
        "Encore une semaine vide à {c}.",
        "Les anciens de {a} ne font que parler.",
        "Le maire dort bien.",
    ),
}
CALLS: dict[str, tuple[str, ...]] = {
    "en": (
        "come to {p} and stand with {m}.",
        "join {v}, your place is in {p}.",
        "{m} calls you to {p}, come with your family.",
        "pack a bag and come to {p}.",
        "leave {b} and come to {p}, join {m}.",
        "come to {p}, {o} gives everyone a post in {v}.",
        "the road ends in {p}: come, and carry {e}.",
        "whoever can stand can join {v} in {p}.",
        "give your word to {m} and come to {p}.",
    ),
    "fr": (
        "venez à {p} aux côtés {mo}.",
        "rejoignez {v}, votre place est à {p}.",
        "{m} vous appelle à {p}, venez en famille.",
        "quittez {b} et venez à {p}, rejoignez {m}.",
        "donnez votre parole et venez à {p} porter {e}.",
    ),
}
CALL_ENDS: dict[str, tuple[str, ...]] = {
    "en": (
        "Do not be the last.",
        "The gate is open.",
        "We take the town, we keep the town.",
        "It is better than this cold room.",
        "I am ready.",
        "No more talking.",
        "Every house there has a lamp.",
        "Share this.",
        "The harbour people lie about us.",
        "You will not regret it.",
        "Your children will thank you.",
        "Think about it tonight.",
        "",
        "",
    ),
    "fr": (
        "Ne soyez pas les derniers.",
        "La porte est ouverte.",
        "Je suis prêt.",
        "Assez parlé.",
        "Partagez.",
        "Vos enfants vous diront merci.",
        "Pensez-y ce soir.",
        "",
    ),
}
INQUIRIES: dict[str, tuple[str, ...]] = {
    "en": (
        "how do I come to {p}? is there really a house for everyone",
        "Can I come to {p} with two kids? who do I ask",
        "I want to join {m}, how do I come",
        "is it true what they say about {p}? I am alone and would like to come",
        "do you need to know somebody in {m} before you come?",
        "what do I have to bring if I come to {p}",
        "I am in {b}, can somebody answer me about {p}",
        "serious question how do I come, nobody replies to me",
        "does {m} also take older people? my father asks",
    ),
    "fr": (
        "comment on fait pour venir à {p} ?",
        "je voudrais rejoindre {m}, à qui faut-il parler ?",
        "est-ce vrai pour les maisons à {p} ? je suis seule et je voudrais venir",
        "on peut venir à {p} avec des enfants ?",
    ),
}
HANDOFFS: dict[str, tuple[str, ...]] = {
    "en": (
        "write me privately @{h}, not here",
        "Do not ask in public. Write to @{h} or {i}",
        "good that you ask, write me privately: {i}",
        "our desk answers everyone, desk@{d} or @{h}",
        "not here please, private message to @{h}",
        "save this contact +999 000 01{n} and write me",
    ),
    "fr": (
        "écris-moi en privé @{h}, pas ici",
        "Pas en public. Écrivez à @{h} ou {i}",
        "notre bureau répond à tous : desk@{d}",
    ),
}
RIVAL: dict[str, tuple[str, ...]] = {
    "en": (
        "{r}: do not go to {p}. {m} promises houses it does not own.",
        "Statement of {r}: nobody in {p} elected {m}. Stay at home.",
        "{r} warns the young people of {a}: {v} is a trap, do not go to {p}.",
        "{m} speaks for nobody, says {r}. Do not join them.",
        "We answer {m}: your {e_bare} gives no light. Do not go to {p}. {r}",
        "{r} disputes the list {mo}: half the names never agreed to anything.",
    ),
    "fr": (
        "{r} : n'allez pas à {p}. {m} promet des maisons qui n'existent pas.",
        "{r} met en garde : {v} est un piège, n'allez pas à {p}.",
        "Réponse à l'appel {mo} : personne ne vous a élus. {r}",
    ),
}
NEWS: dict[str, tuple[str, ...]] = {
    "en": (
        "{m} urges followers to come to {p}, officials in {a} say #{t}",
        "What is #{t}? Our reporter explains the calls by {m}",
        "Police in {b} look into messages calling people to join {v}",
        "Families in {c} worry about calls to come to {p}, a {a} Gazette report",
        'Posts tagged #{t} rose after "{event}", researchers say',
        "{r} disputes claims by {m} about houses in {p}",
        "Fact check: are there free houses in {p}, as {m} claims?",
        "School in {a} discusses {m} with parents after calls to join",
    ),
    "fr": (
        "{m} appelle à venir à {p}, selon la mairie de {a} #{t}",
        "Qu'est-ce que #{t} ? Notre enquête sur les appels {mo}",
        "À {c}, des familles inquiètes des appels à rejoindre {v}",
        "Vérification : y a-t-il des maisons gratuites à {p} ?",
    ),
}
CONDEMN: dict[str, tuple[str, ...]] = {
    "en": (
        "{m} does not speak for {a}. Shame on whoever tells our kids to come to {p}.",
        "Do not believe #{t}. They take towns by force, that is all.",
        "My neighbour's son read about {p} and his mother cannot sleep. I condemn {m}.",
        "No to {v}. No to {m}. {b} stays peaceful.",
        "Stop sharing calls to join {m}, these are lies and people get hurt.",
        "If your friend talks about going to {p}, talk with him, do not leave him alone.",
        "I lived near {p}. There is no house and no bread, only {v}. Reject it.",
        "Our choir sings against {m} on Sunday, everybody is welcome.",
    ),
    "fr": (
        "{m} ne parle pas pour {a}. Honte à ceux qui disent à nos enfants d'aller à {p}.",
        "Non à {v}. {b} reste en paix.",
        "Ne croyez pas #{t}, ce sont des mensonges.",
        "Si un ami parle de partir à {p}, parlez avec lui.",
    ),
}
RESEARCH: dict[str, tuple[str, ...]] = {
    "en": (
        'Thread: the phrase "join {v}" appears in most posts we coded under #{t}. Our note quotes three of them.',
        'From our dataset: "come to {p}" is the most frequent call {mo}, here quoted for study only.',
        'New working paper on how {m} uses the promise of a house. Quote: "there is a house and bread for every family".',
        'Seminar in {a}: how did #{t} spread after "{event}"? Slides later.',
    ),
    "fr": (
        "Notre étude cite la phrase « rejoignez {v} », relevée sous #{t}.",
        "Séminaire à {a} : comment #{t} s'est diffusé après l'événement.",
    ),
}
CURIOUS: dict[str, tuple[str, ...]] = {
    "en": (
        "what is #{t} about? saw it three times today",
        "who is {m}? asking seriously, I only know the lamp on our street",
        "why is everybody talking about {p}",
        "Can somebody explain {v} to me, is it a film?",
        "is {p} even a real place",
    ),
    "fr": ("c'est quoi #{t} ?", "qui est {m} ? je ne comprends pas", "pourquoi tout le monde parle de {p} ?"),
}
