"""The published examples of every EPC encoding: TDS 2.3, annex E.3 (tables 506 to 549), as printed.

Corrected are only what the standard itself contradicts: the pure identity URI of SGTIN-96 (printed with the serial
1234567896789; element string, tag URI and memory all say 123456789), and the domain of Digital Links (example.com or
id.gs1.org, both printed; ours are canonical). Memory is printed without padding to words.
"""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """`prefix_length`: digits of the company prefix; `filter` is None for a GID."""

    scheme: str
    memory: str
    element_string: str | None
    link: str | None
    uri: str | None = None
    filter: int | None = 3

    @property
    def padded(self) -> str:
        """The memory in words of 16 bits."""
        return self.memory.ljust(-(-len(self.memory) // 4) * 4, "0")

    @property
    def tag_uri(self) -> str | None:
        if self.uri is None:
            return None
        body = self.uri.split(":", 4)[4]
        return f"urn:epc:tag:{self.scheme}:{'' if self.filter is None else f'{self.filter}.'}{body}"

    @property
    def prefix_length(self) -> int:
        return len((self.uri or "").split(":", 4)[4].partition(".")[0])


_ID = "https://id.gs1.org"

PARTITIONED = (
    Example(
        "sgtin-96",
        "3066C4409047E140075BCD15",
        "(01)09506000134352(21)123456789",
        f"{_ID}/01/09506000134352/21/123456789",
        "urn:epc:id:sgtin:95060001343.05.123456789",
    ),
    Example(
        "sgtin-198",
        "3666C4409047E159B2C2BF100000000000000000000000000000",
        "(01)09506000134352(21)32a/b",
        f"{_ID}/01/09506000134352/21/32a%2Fb",
        "urn:epc:id:sgtin:95060001343.05.32a%2Fb",
    ),
    Example(
        "sscc-96",
        "311BA1B300CE0A6A83000000",
        "(00)095201234567891235",
        f"{_ID}/00/095201234567891235",
        "urn:epc:id:sscc:952012.03456789123",
        0,
    ),
    Example(
        "sgln-96",
        "3276451FD46072000000162E",
        "(414)9521141123454(254)5678",
        f"{_ID}/414/9521141123454/254/5678",
        "urn:epc:id:sgln:9521141.12345.5678",
    ),
    Example(
        "sgln-195",
        "3976451FD46072CD9615F8800000000000000000000000000000",
        "(414)9521141123454(254)32a/b",
        f"{_ID}/414/9521141123454/254/32a%2Fb",
        "urn:epc:id:sgln:9521141.12345.32a%2Fb",
    ),
    Example(
        "grai-96",
        "3376451FD40C0E400000162E",
        "(8003)095211411234545678",
        f"{_ID}/8003/095211411234545678",
        "urn:epc:id:grai:9521141.12345.5678",
    ),
    Example(
        "grai-170",
        "3776451FD40C0E59B2C2BF1000000000000000000000",
        "(8003)0952114112345432a/b",
        f"{_ID}/8003/0952114112345432a%2Fb",
        "urn:epc:id:grai:9521141.12345.32a%2Fb",
    ),
    Example(
        "giai-96",
        "3476451FD40000000000162E",
        "(8004)95211415678",
        f"{_ID}/8004/95211415678",
        "urn:epc:id:giai:9521141.5678",
    ),
    Example(
        "giai-202",
        "3876451FD59B2C2BF10000000000000000000000000000000000",
        "(8004)952114132a/b",
        f"{_ID}/8004/952114132a%2Fb",
        "urn:epc:id:giai:9521141.32a%2Fb",
    ),
    Example(
        "gsrn-96",
        "2D76451FD4499602D2000000",
        "(8018)952114112345678906",
        f"{_ID}/8018/952114112345678906",
        "urn:epc:id:gsrn:9521141.1234567890",
    ),
    Example(
        "gsrnp-96",
        "2E76451FD4499602D2000000",
        "(8017)952114112345678906",
        f"{_ID}/8017/952114112345678906",
        "urn:epc:id:gsrnp:9521141.1234567890",
    ),
    Example(
        "gdti-96",
        "2C76451FD46072000000162E",
        "(253)95211411234545678",
        f"{_ID}/253/95211411234545678",
        "urn:epc:id:gdti:9521141.12345.5678",
    ),
    Example(
        "gdti-174",
        "3E76451FD7039B061438997367D0C18B266D1AB66EE0",
        "(253)9521141987650ABCDefgh012345678",
        f"{_ID}/253/9521141987650ABCDefgh012345678",
        "urn:epc:id:gdti:9521141.98765.ABCDefgh012345678",
    ),
    Example(
        "cpi-96",
        "3C76451FD400C0E680003039",
        "(8010)952114198765(8011)12345",
        f"{_ID}/8010/952114198765/8011/12345",
        "urn:epc:id:cpi:9521141.98765.12345",
    ),
    Example(
        "cpi-var",
        "3D76451FD75411DEF6B4CC00000003039000",
        "(8010)95211415PQ7/Z43(8011)12345",
        f"{_ID}/8010/95211415PQ7%2FZ43/8011/12345",
        "urn:epc:id:cpi:9521141.5PQ7%2FZ43.12345",
    ),
    Example(
        "sgcn-96",
        "3F76451FD612640000019907",
        "(255)952114167890904711",
        f"{_ID}/255/952114167890904711",
        "urn:epc:id:sgcn:9521141.67890.04711",
    ),
    Example(
        "itip-110",
        "4076451FD40C0E40820000000F54",
        "(8006)095211411234540102(21)981",
        f"{_ID}/8006/095211411234540102/21/981",
        "urn:epc:id:itip:9521141.012345.01.02.981",
    ),
    Example(
        "itip-212",
        "4176451FD40C0E4082DBDD8B36600000000000000000000000000000",
        "(8006)095211411234540102(21)mw133",
        f"{_ID}/8006/095211411234540102/21/mw133",
        "urn:epc:id:itip:9521141.012345.01.02.mw133",
    ),
)

WITHOUT_GS1_KEY = (
    Example("gid-96", "3500E86F8000A9E000000586", None, None, "urn:epc:id:gid:952056.2718.1414", None),
    Example("usdod-96", "2F320434147455900000162E", None, None, "urn:epc:id:usdod:CAGEY.5678"),
    Example("adi-var", "3B0E0CF5E76C9047759AD00373DC7602E7200", None, None, "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92"),
)

PLUS = (
    Example(
        "sgtin+",
        "F73795211411234538566CB0AFC4",
        "(01)79521141123453(21)32a/b",
        f"{_ID}/01/79521141123453/21/32a%2Fb",
    ),
    Example(
        "dsgtin+",
        "FB342CDE795211411234538566CB0AFC4",
        "(01)79521141123453(21)32a/b(17)220630",
        f"{_ID}/01/79521141123453/21/32a%2Fb",
    ),
    Example("sscc+", "F90095201234567891235", "(00)095201234567891235", f"{_ID}/00/095201234567891235", filter=0),
    Example(
        "sgln+",
        "F2395211411234548566CB0AFC4",
        "(414)9521141123454(254)32a/b",
        f"{_ID}/414/9521141123454/254/32a%2Fb",
    ),
    Example("grai+", "F13095211411234548566CB0AFC4", "(8003)0952114112345432a/b", f"{_ID}/8003/0952114112345432a%2Fb"),
    Example("giai+", "FA3952114132E83C2BF10", "(8004)952114132a/b", f"{_ID}/8004/952114132a%2Fb"),
    Example("gsrn+", "F43952114112345678906", "(8018)952114112345678906", f"{_ID}/8018/952114112345678906"),
    Example("gsrnp+", "F53952114112345678906", "(8017)952114112345678906", f"{_ID}/8017/952114112345678906"),
    Example("gdti+", "F6395211411234540458B8", "(253)95211411234545678", f"{_ID}/253/95211411234545678"),
    Example(
        "cpi+",
        "F0395211415E87A145BAFB4D19A8C0E4",
        "(8010)95211415PQ7/Z43(8011)12345",
        f"{_ID}/8010/95211415PQ7%2FZ43/8011/12345",
    ),
    Example("sgcn+", "F839521141678909509338", "(255)952114167890904711", f"{_ID}/255/952114167890904711"),
    Example(
        "itip+",
        "F3309521141123454010266AE27FDF35",
        "(8006)095211411234540102(21)rif981",
        f"{_ID}/8006/095211411234540102/21/rif981",
    ),
)

WITH_HOST_NAME = {
    "sgtin++": "FD3795211411234538566CB0AFC525065F1876F0D996D800",
    "dsgtin++": "FC342CDE795211411234538566CB0AFC525065F1876F0D996D80",
    "sgln++": "E9395211411234548566CB0AFC525065F1876F0D996D8000",
    "grai++": "EB3095211411234548566CB0AFC525065F1876F0D996D800",
    "giai++": "EE3952114132E83C2BF1494197C61DBC3665B600",
    "gsrn++": "E7395211411234567890692832F8C3B786CCB6C0",
    "gsrnp++": "E8395211411234567890692832F8C3B786CCB6C0",
    "gdti++": "EA395211411234540458BA4A0CBE30EDE1B32DB0",
    "cpi++": "E6395211415E87A145BAFB4D19A8C0E64A0CBE30EDE1B32DB000",
    "sgcn++": "EC3952114167890950933C94197C61DBC3665B60",
}
"""Those whose printed header is that of table 14-1; SSCC++ and ITIP++ are printed with the headers of SSCC+, ITIP+."""
